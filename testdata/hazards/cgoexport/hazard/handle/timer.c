#include "timer.h"
#include "_cgo_export.h"

static uintptr_t timers[8];

void timer_add(uintptr_t handle) {
	for (int i = 0; i < 8; i++) {
		if (timers[i] == 0) {
			timers[i] = handle;
			return;
		}
	}
}

void timer_remove(uintptr_t handle) {
	for (int i = 0; i < 8; i++) {
		if (timers[i] == handle) {
			timers[i] = 0;
		}
	}
}

void timer_fire(void) {
	for (int i = 0; i < 8; i++) {
		if (timers[i] != 0) {
			onTimer(timers[i]);
		}
	}
}
