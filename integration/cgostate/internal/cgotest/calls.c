//go:build linux && cgo

#include "calls.h"
#include "_cgo_export.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

// Every function adds to the result after its call, so that no compiler turns
// the call into a jump and drops the frame.
#define KEEP __attribute__((noinline))

static KEEP int hidden_step(int depth) { return cgotestCallback(depth) + 1; }

KEEP int cgotest_enter(int depth) { return hidden_step(depth) + 1; }

static KEEP void *thread_body(void *arg) {
	(void)arg;
	return hidden_step(1) > 0 ? arg : 0;
}

static int run_threads(int n, void *(*body)(void *), void *arg) {
	pthread_t threads[64];
	int started = 0;
	for (int i = 0; i < n && i < 64; i++) {
		if (pthread_create(&threads[started], 0, body, arg) == 0)
			started++;
	}
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], 0);
	return started;
}

int cgotest_on_threads(int n) { return run_threads(n, thread_body, 0); }

KEEP int cgotest_through_library(const char *path, int depth) {
	void *library = dlopen(path, RTLD_NOW);
	if (library == 0)
		return -1;
	int (*call)(int (*)(int), int) = (int (*)(int (*)(int), int))dlsym(library, "plug_call");
	if (call == 0)
		return -2;
	int result = call(cgotestCallback, depth) + 1;
	dlclose(library);
	return result;
}

int cgotest_plain_backtrace(void **pcs, int max) { return backtrace(pcs, max) + 0; }

void cgotest_wait(int fd) {
	char byte;
	while (read(fd, &byte, 1) < 0) {
	}
}

static void *spin_body(void *arg) {
	clock_t end = clock() + *(int *)arg * (CLOCKS_PER_SEC / 1000);
	while (clock() < end) {
	}
	return 0;
}

int cgotest_spin(int ms) { return run_threads(1, spin_body, &ms); }

void cgotest_spin_here(int ms) { spin_body(&ms); }

void cgotest_other_tracer(void *arg) { ((uintptr_t *)((uintptr_t *)arg)[2])[0] = 0; }
