#include <signal.h>
#include <string.h>

#include "watch.h"
#include "_cgo_export.h"

static void on_usr1(int number) {
	onReload(number);
}

void watch_start(void) {
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_handler = on_usr1;
	action.sa_flags = SA_ONSTACK | SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
}
