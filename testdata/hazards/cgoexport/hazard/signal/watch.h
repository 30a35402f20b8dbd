#ifndef WATCH_H
#define WATCH_H

void watch_start(void);

#endif
