#ifndef PLUGIN_H
#define PLUGIN_H

void plugin_init(void);

#endif
