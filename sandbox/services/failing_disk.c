/* Loaded before the C library (LD_PRELOAD): fsync and fdatasync that are slow, or fail once; failing_disk.py says when.
 *
 * In the folder FAILING_DISK the file `slow` holds the milliseconds that each call takes besides. A file that has the name
 * of one of the two functions fails its next call, of whichever process: the one that removes the file has EIO.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef int Sync(int);

static int path_of(char *path, size_t size, const char *name)
{
    const char *folder = getenv("FAILING_DISK");
    return folder && snprintf(path, size, "%s/%s", folder, name) < (int)size;
}

static void wait_as_told(void)
{
    char path[4096];
    FILE *file = path_of(path, sizeof path, "slow") ? fopen(path, "r") : NULL;
    int milliseconds = 0;
    if (!file) return;
    if (fscanf(file, "%d", &milliseconds) == 1) {
        struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
        while (nanosleep(&left, &left) && errno == EINTR) continue; /* PostgreSQL's own signals */
    }
    fclose(file);
}

static int sync_by(const char *name, int file)
{
    char path[4096];
    Sync *function = (Sync *)dlsym(RTLD_NEXT, name);
    wait_as_told();
    if (path_of(path, sizeof path, name) && !unlink(path)) {
        errno = EIO;
        return -1;
    }
    return function(file);
}

int fsync(int file) { return sync_by("fsync", file); }

int fdatasync(int file) { return sync_by("fdatasync", file); }
