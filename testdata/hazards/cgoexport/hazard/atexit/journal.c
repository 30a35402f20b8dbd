#include <stdlib.h>

#include "journal.h"
#include "_cgo_export.h"

void journal_flush(void) {
	onFlush();
}

void journal_open(void) {
	atexit(journal_flush);
}
