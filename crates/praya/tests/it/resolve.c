/* Stands in for somebody's name server: preloaded into the program, every name under inside.example leads to
 * this machine. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
    const char *end = name ? strstr(name, ".inside.example") : NULL;
    return real(end ? "127.0.0.1" : name, service, hints, found);
}
