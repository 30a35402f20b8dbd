#include <pthread.h>

#include "probe.h"
#include "_cgo_export.h"

static pthread_t thread;

static void *probe(void *arg) {
	onDevice(3);
	return arg;
}

void probe_start(void) {
	pthread_create(&thread, NULL, probe, NULL);
}

void probe_wait(void) {
	pthread_join(thread, NULL);
}
