#ifndef TIMER_H
#define TIMER_H

#include <stdint.h>

void timer_add(uintptr_t handle);
void timer_remove(uintptr_t handle);
void timer_fire(void);

#endif
