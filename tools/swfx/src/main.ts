import { runOperator } from '@swfx/service';
import { createProgram } from './create-program';

void runOperator(createProgram(process.env), process.argv);
