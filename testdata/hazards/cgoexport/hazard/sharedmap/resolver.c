#include <pthread.h>
#include <stdatomic.h>

#include "resolver.h"
#include "_cgo_export.h"

static pthread_t pool[8];
static int count;
static atomic_int running;
static atomic_long found;

static void *resolve(void *arg) {
	while (atomic_load(&running)) {
		for (int host = 0; host < 64; host++) {
			atomic_fetch_add(&found, onLookup(host) > 0);
		}
	}
	return arg;
}

void resolver_start(int threads) {
	atomic_store(&running, 1);
	count = threads < 8 ? threads : 8;
	for (int i = 0; i < count; i++) {
		pthread_create(&pool[i], NULL, resolve, NULL);
	}
}

long resolver_stop(void) {
	atomic_store(&running, 0);
	for (int i = 0; i < count; i++) {
		pthread_join(pool[i], NULL);
	}
	return atomic_load(&found);
}
