int bus_request(int id, int n);
void bus_start(void);
void bus_watch(void);
