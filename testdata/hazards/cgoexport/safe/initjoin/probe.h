#ifndef PROBE_H
#define PROBE_H

void probe_start(void);
void probe_wait(void);

#endif
