import { runOperator } from '@swfx/service';
import { askPerson } from './operator/confirm-typed';
import { createProgram } from './operator/create-program';

void runOperator(createProgram({ environment: process.env, ask: askPerson() }), process.argv);
