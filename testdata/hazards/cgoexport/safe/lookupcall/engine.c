#include "engine.h"
#include "_cgo_export.h"

void engine_run(uintptr_t task, int steps) {
	for (int i = 1; i <= steps; i++) {
		onStep(task, i);
	}
}
