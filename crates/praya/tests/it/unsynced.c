/* Stands in for a disk that loses, at a power cut, whatever was not synced: preloaded into the program, it
 * keeps beside the data folder a shadow that holds each file as it was when it was last synced.
 *
 * UNSYNCED_DATA    the data folder
 * UNSYNCED_SHADOW  the shadow, made before
 * UNSYNCED_LIES    while a file of this name exists, a sync answers that all is well and keeps nothing
 *
 * Not modelled: a directory entry counts as durable with the first sync of its file, a removal or a new name
 * at once; and of a file's unsynced writes all are lost, never a few.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the shadow of a path is; 0 if the path is not in the data folder. */
static int shadow_of(const char *path, char *to) {
    const char *data = getenv("UNSYNCED_DATA"), *shadow = getenv("UNSYNCED_SHADOW");
    size_t length = data ? strlen(data) : 0;
    if (!length || !shadow || strncmp(path, data, length) || path[length] != '/') return 0;
    if (snprintf(to, PATH_MAX, "%s%s", shadow, path + length) >= PATH_MAX) abort();
    for (char *at = to + strlen(shadow) + 1; (at = strchr(at, '/')); at++) {
        *at = 0;
        mkdir(to, 0700);
        *at = '/';
    }
    return 1;
}

/* A sync: the shadow becomes what the file is now. */
static int copy(int fd) {
    char link[64], path[PATH_MAX], to[PATH_MAX], piece[1 << 16];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return -1;
    path[length] = 0;
    struct stat facts;
    if (fstat(fd, &facts) || !S_ISREG(facts.st_mode) || !shadow_of(path, to)) return 0;
    const char *lies = getenv("UNSYNCED_LIES");
    if (lies && !access(lies, F_OK)) return 0;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, facts.st_mode & 0777);
    if (from < 0 || out < 0) abort();
    off_t at = 0;
    for (ssize_t n; (n = pread(from, piece, sizeof piece, at)) > 0; at += n)
        if (pwrite(out, piece, n, at) != n) abort();
    if (ftruncate(out, at)) abort();
    close(from);
    close(out);
    return 0;
}

/* One at a time: an older size must not be cut off a newer copy. */
static int keep(int fd) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    int done = copy(fd);
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd) { return keep(fd); }
int fdatasync(int fd) { return keep(fd); }

int unlink(const char *path) {
    char to[PATH_MAX];
    if (shadow_of(path, to)) remove(to);
    return ((int (*)(const char *))dlsym(RTLD_NEXT, "unlink"))(path);
}

int rename(const char *path, const char *name) {
    char from[PATH_MAX], to[PATH_MAX];
    int (*real)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    if (shadow_of(path, from) && shadow_of(name, to)) real(from, to);
    return real(path, name);
}
