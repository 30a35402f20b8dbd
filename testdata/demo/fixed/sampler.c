//go:build cgo

#define _DEFAULT_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "_cgo_export.h"
#include "sampler.h"

static void *sample(void *unused) {
	const struct timespec pause = {0, 20 * 1000 * 1000};
	double load = 0;
	for (;;) {
		if (getloadavg(&load, 1) == 1)
			goSample(load);
		nanosleep(&pause, NULL);
	}
	return unused;
}

int sampler_start(void) {
	pthread_t thread;
	int failed = pthread_create(&thread, NULL, sample, NULL);
	if (failed == 0)
		pthread_detach(thread);
	return failed;
}
