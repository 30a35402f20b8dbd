#ifndef METER_H
#define METER_H

int meter_exceeds(long channel);

#endif
