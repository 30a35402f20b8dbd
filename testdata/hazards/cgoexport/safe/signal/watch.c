#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>

#include "watch.h"
#include "_cgo_export.h"

static sem_t arrived;

// Only sem_post is allowed in a handler; the thread does the rest.
static void on_usr1(int number) {
	(void)number;
	sem_post(&arrived);
}

static void *watch(void *arg) {
	for (;;) {
		if (sem_wait(&arrived) == 0) {
			onReload(SIGUSR1);
		}
	}
	return arg;
}

void watch_start(void) {
	pthread_t thread;
	struct sigaction action;
	sem_init(&arrived, 0, 0);
	pthread_create(&thread, NULL, watch, NULL);
	pthread_detach(thread);
	memset(&action, 0, sizeof action);
	action.sa_handler = on_usr1;
	action.sa_flags = SA_ONSTACK | SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
}
