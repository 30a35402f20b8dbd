#include "bus.h"
#include "_cgo_export.h"

void bus_publish(int event) {
	onEvent(event);
}
