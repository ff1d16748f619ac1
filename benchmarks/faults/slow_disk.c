/* A slow disk, for LD_PRELOAD: while the file that SLOW_DISK names is there, each flush and each rename takes half a
 * second longer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_for_the_disk(void)
{
    const char *mark = getenv("SLOW_DISK");
    if (mark && access(mark, F_OK) == 0)
        usleep(500000);
}

int fsync(int handle)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_for_the_disk();
    return real(handle);
}

int fdatasync(int handle)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_for_the_disk();
    return real(handle);
}

int rename(const char *from, const char *to)
{
    static int (*real)(const char *, const char *);
    if (!real)
        real = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    wait_for_the_disk();
    return real(from, to);
}
