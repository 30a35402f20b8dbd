#include <pthread.h>
#include <unistd.h>

#include "sampler.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct { sample_fn fn; } subscriber;

static void deliver(int value) {
	pthread_mutex_lock(&mutex);
	if (subscriber.fn) {
		subscriber.fn(value);
	}
	pthread_mutex_unlock(&mutex);
	usleep(1000);
}

static void *sample_loop(void *arg) {
	for (int value = 0;; value++) {
		deliver(value);
	}
	return arg;
}

void sampler_start(void) {
	pthread_t thread;
	pthread_create(&thread, NULL, sample_loop, NULL);
	pthread_detach(thread);
}

void sampler_subscribe(sample_fn fn) {
	pthread_mutex_lock(&mutex);
	subscriber.fn = fn;
	pthread_mutex_unlock(&mutex);
}

void sampler_unsubscribe(void) {
	pthread_mutex_lock(&mutex);
	subscriber.fn = NULL;
	pthread_mutex_unlock(&mutex);
}
