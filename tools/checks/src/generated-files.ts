/**
 * The documents that are made from the sources they describe, so that they cannot say anything else. `npm run docs`
 * writes them; a test compares what is there with what would be written.
 */
import { errorCatalogue } from '@swfx/errors';
import { configFieldsOf } from './config-fields';
import { renderConfigurationReference } from './configuration-reference';
import { renderEnvironmentExample } from './environment-example';
import { renderErrorReference } from './error-reference';
import { publishedSchemas } from './published-schemas';
import { runJson } from './run-json';
import { serviceNames } from './services';

/** Every generated file's content by its path. */
export function generatedFiles(): Record<string, string> {
  const fields = Object.fromEntries(serviceNames.map((service) => [service, configFieldsOf(service)]));
  const schemas = Object.entries(publishedSchemas()).map(([name, schema]) => [
    `docs/schemas/${name}`,
    JSON.stringify(schema, null, 2),
  ]);
  return {
    '.env.example': renderEnvironmentExample(fields),
    ...formatted({
      'docs/configuration.md': renderConfigurationReference(fields),
      'docs/errors.md': renderErrorReference(errorCatalogue),
      ...(Object.fromEntries(schemas) as Record<string, string>),
    }),
  };
}

/** As prettier leaves them, so that formatting the repository changes no generated file. */
function formatted(files: Record<string, string>): Record<string, string> {
  return runJson('tools/checks/bin/format-texts.mjs', files);
}
