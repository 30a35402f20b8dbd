// The C side: records of the C frames that called Go, and names for addresses.
#ifndef HOTVET_CGOSTATE_H
#define HOTVET_CGOSTATE_H

#include <stddef.h>
#include <stdint.h>

// hotvet_cgostate_tracking is 1 while callbacks are recorded,
// hotvet_cgostate_asking counts who is taking stacks now. Both are set by Go.
extern int32_t hotvet_cgostate_tracking;
extern int32_t hotvet_cgostate_asking;

// The functions for runtime.SetCgoTraceback; the arguments are its structures.
void hotvet_cgostate_context(void *arg);
void hotvet_cgostate_traceback(void *arg);

// hotvet_cgostate_ready makes backtrace(3) load what it needs, which
// must not happen inside a callback first. It returns 0 when there is none.
int hotvet_cgostate_ready(void);

// hotvet_cgostate_name copies the symbol that dladdr(3) has for the address and
// returns its length, or 0 when it has none or one longer than size.
size_t hotvet_cgostate_name(uintptr_t address, char *name, size_t size);

// hotvet_cgostate_in_libc says whether the address lies in the object that
// has pthread_create(3), where the stack of every thread of C begins.
int hotvet_cgostate_in_libc(uintptr_t address);

#endif
