#include <pthread.h>
#include <stdatomic.h>

#include "sampler.h"

extern void onSample(int value);

static pthread_t thread;
static atomic_int running;

static void *sample_loop(void *arg) {
	int value = 0;
	while (atomic_load(&running)) {
		onSample(value++);
	}
	return arg;
}

void sampler_start(void) {
	atomic_store(&running, 1);
	pthread_create(&thread, NULL, sample_loop, NULL);
}

void sampler_stop(void) {
	atomic_store(&running, 0);
	pthread_join(thread, NULL);
}
