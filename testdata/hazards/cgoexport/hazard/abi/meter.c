#include "meter.h"

// The header that cgo makes is not included: this file is shared with programs
// that have no Go in them.
extern long onReading(long channel);

int meter_exceeds(long channel) {
	return onReading(channel) > 100;
}
