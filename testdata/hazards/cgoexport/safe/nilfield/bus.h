#ifndef BUS_H
#define BUS_H

void bus_publish(int event);

#endif
