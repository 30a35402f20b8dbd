#ifndef ENGINE_H
#define ENGINE_H

#include <stdint.h>

void engine_run(uintptr_t task, int steps);

#endif
