import { runOperator } from '@swfx/service';
import { createProgram } from './operator/create-program';

void runOperator(createProgram({ environment: process.env }), process.argv);
