#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "bus.h"
#include "_cgo_export.h"

int bus_request(int id, int n) { return onRequest(id, n); }

static void *ticker(void *arg) {
	for (int n = 0;; n++) {
		onTick(n);
	}
	return arg;
}

void bus_start(void) {
	pthread_t t;
	pthread_create(&t, NULL, ticker, NULL);
	pthread_detach(t);
}

static void on_usr1(int number) { onUser(number); }

void bus_watch(void) {
	struct sigaction a;
	memset(&a, 0, sizeof a);
	a.sa_handler = on_usr1;
	a.sa_flags = SA_ONSTACK | SA_RESTART;
	sigaction(SIGUSR1, &a, NULL);
}
