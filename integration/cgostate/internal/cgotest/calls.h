// The C half of the test program: every way in which C calls back into Go.
#ifndef CGOTEST_CALLS_H
#define CGOTEST_CALLS_H

// cgotest_enter calls Go's cgotestCallback(depth) through a static function.
int cgotest_enter(int depth);

// cgotest_on_threads does the same on n threads of its own at once and joins
// them; it returns how many could be started.
int cgotest_on_threads(int n);

// cgotest_through_library loads the library at path, has it call back, and
// returns a negative number when it cannot.
int cgotest_through_library(const char *path, int depth);

// cgotest_plain_backtrace is what one gets without this project: backtrace(3)
// called from Go. It fills pcs and returns how many.
int cgotest_plain_backtrace(void **pcs, int max);

// cgotest_wait blocks in C until a byte can be read from fd.
void cgotest_wait(int fd);

// cgotest_spin uses the processor in C, on a thread of its own;
// cgotest_spin_here does so on the thread of Go that called it.
int cgotest_spin(int ms);
void cgotest_spin_here(int ms);

// cgotest_other_tracer is another package's traceback function.
void cgotest_other_tracer(void *arg);

#endif
