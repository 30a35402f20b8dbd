#include "plugin.h"
#include "_cgo_export.h"

__attribute__((constructor)) void plugin_init(void) {
	registerPlugin(7);
}
