#ifndef ENGINE_H
#define ENGINE_H

int engine_run(int rule, int value);
int engine_locked(void);

#endif
