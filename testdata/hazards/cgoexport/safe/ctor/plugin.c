#include "plugin.h"
#include "_cgo_export.h"

void plugin_init(void) {
	registerPlugin(7);
}
