#include <pthread.h>

#include "engine.h"
#include "_cgo_export.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

int engine_run(int rule, int value) {
	pthread_mutex_lock(&mutex);
	int result = onRule(rule, value);
	pthread_mutex_unlock(&mutex);
	return result;
}

int engine_locked(void) {
	if (pthread_mutex_trylock(&mutex) != 0) {
		return 1;
	}
	pthread_mutex_unlock(&mutex);
	return 0;
}
