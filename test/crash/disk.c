/*
 * A disk that fails, or loses its power, under one process (LD_PRELOAD). It sees every call of the C library that changes a file
 * below DISK_ROOT; what is not below it is not touched.
 *
 * Failing:  DISK_FAIL=<errno>  the nth such call and those after it fail: DISK_AT=<n>, DISK_FOR=<how many; 0: for good>.
 *           DISK_CALLS=<kind>  which calls: "room" (those that need more of it), "changes" (these and all others that change
 *                              something), "reads".
 *           DISK_SPARE=<name>  files of this name are outside of it all.
 *           DISK_COUNT=<file>  when the process ends, the number of calls is written there.
 *           DISK_ORDERS=<file> one process, many disks: whenever it opens this file, the calls so far are written to DISK_COUNT, and
 *                              what the file says holds from then on: errno, n, how many, kind and root, in this order.
 * Power:    DISK_SHADOW=<dir>  keeps there what a disk would hold if the power went now: P1 to P4.
 *           DISK_LEAK=<percent>, DISK_SEED=<n>: so many of the sectors and names that nobody asked to be kept are kept all the same.
 *
 * P1. A file's bytes are kept when it is fsynced (or fdatasynced), as they are then.
 * P2. A name is kept when its folder is fsynced, and not when its file is: ext4, xfs and btrfs keep it then too, POSIX does not say so.
 * P3. A file is told from another by a number that it gets when it is made, so a rename that was not kept shows the old file.
 * P4. The index in shared memory (-shm) is never kept.
 *
 * Layout of the shadow: bytes/<number>, names/<number of the folder>/<name> holding "f<number>" or "d<number>"; the root is number 0.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(name) *)real(#name))
#define FDS 4096
#define FILES 65536
#define SECTOR 512

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static char root[PATH_MAX], shadow[PATH_MAX];
static const char *spare, *count_to, *orders;
static int fail_with, leak;
static long fail_at, fail_for, calls;
enum kind { ROOM, CHANGE, READ };
static enum kind counted;
static unsigned long long dice;

static struct { dev_t dev; ino_t ino; } files[FILES];
static int known = 1; /* number 0 is the root */
static int number_of_fd[FDS]; /* 0: not ours; else number + 1 */

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static long from_env(const char *name) {
  const char *text = getenv(name);
  return text ? atol(text) : 0;
}

static enum kind kind_of(const char *word) {
  return word && !strcmp(word, "room") ? ROOM : word && !strcmp(word, "reads") ? READ : CHANGE;
}

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("DISK_ROOT"), *to = getenv("DISK_SHADOW");
  if (!at || !realpath(at, root)) strncpy(root, at ? at : "", sizeof root - 1);
  if (to) strncpy(shadow, to, sizeof shadow - 1);
  spare = getenv("DISK_SPARE");
  count_to = getenv("DISK_COUNT");
  fail_with = from_env("DISK_FAIL");
  fail_at = from_env("DISK_AT");
  fail_for = from_env("DISK_FOR");
  orders = getenv("DISK_ORDERS");
  counted = kind_of(getenv("DISK_CALLS"));
  leak = from_env("DISK_LEAK");
  dice = from_env("DISK_SEED") * 2654435761ULL + 88172645463325252ULL;
  if (!*shadow) return;
  char folder[PATH_MAX + 16];
  snprintf(folder, sizeof folder, "%s/bytes", shadow);
  REAL(mkdir)(folder, 0700);
  snprintf(folder, sizeof folder, "%s/names", shadow);
  REAL(mkdir)(folder, 0700);
}

__attribute__((destructor)) static void end(void) {
  if (!count_to) return;
  int fd = REAL(open)(count_to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  char text[32];
  int length = snprintf(text, sizeof text, "%ld\n", calls);
  if (REAL(write)(fd, text, length) < 0) return;
  REAL(close)(fd);
}

static void take_orders(void) {
  char text[PATH_MAX + 128], kind[16] = "", where[PATH_MAX] = "";
  end();
  int fd = REAL(open)(orders, O_RDONLY);
  ssize_t length = fd < 0 ? -1 : REAL(read)(fd, text, sizeof text - 1);
  if (fd >= 0) REAL(close)(fd);
  text[length > 0 ? length : 0] = 0;
  sscanf(text, "%d %ld %ld %15s %4095s", &fail_with, &fail_at, &fail_for, kind, where);
  counted = kind_of(kind);
  calls = 0;
  if (!*where || !realpath(where, root)) *root = 0;
}

static int chance(void) {
  dice ^= dice << 13;
  dice ^= dice >> 7;
  dice ^= dice << 17;
  return (int)(dice % 100) < leak;
}

static int inside(const char *path) {
  size_t length = strlen(root);
  if (!length || strncmp(path, root, length) || (path[length] && path[length] != '/')) return 0;
  const char *name = strrchr(path, '/');
  return !(spare && name && !strcmp(name + 1, spare));
}

/* Where an open file lies. */
static int place_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return inside(path);
}

/* The same for a path that need not exist: its folder does. */
static int place_at(int at, const char *path, char *out) {
  char whole[PATH_MAX], folder[PATH_MAX];
  if (path[0] == '/' || at == AT_FDCWD) snprintf(whole, sizeof whole, "%s", path);
  else snprintf(whole, sizeof whole, "/proc/self/fd/%d/%s", at, path);
  char *cut = strrchr(whole, '/');
  const char *name = cut ? cut + 1 : whole;
  if (cut && cut != whole) *cut = 0;
  if (!realpath(cut == whole ? "/" : cut ? whole : ".", folder)) return 0;
  if ((size_t)snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) return 0;
  return inside(out);
}

/* True where this call is to fail; errno says how. */
static int fails(enum kind kind) {
  if (kind != counted && !(kind == ROOM && counted == CHANGE)) return 0;
  calls += 1;
  if (!fail_with || calls < fail_at || (fail_for && calls >= fail_at + fail_for)) return 0;
  errno = fail_with;
  return 1;
}

/* ---- what a power loss would leave ---- */

static int number_of(const char *path, int fresh) {
  struct stat found;
  if (!strcmp(path, root)) return 0;
  if (lstat(path, &found)) return -1;
  if (!fresh)
    for (int n = known - 1; n > 0; n -= 1)
      if (files[n].ino == found.st_ino && files[n].dev == found.st_dev) return n;
  if (known == FILES) abort();
  files[known].dev = found.st_dev;
  files[known].ino = found.st_ino;
  return known++;
}

static int lost_anyway(const char *path) {
  size_t length = strlen(path);
  return length > 4 && !strcmp(path + length - 4, "-shm");
}

/* At once or not at all: this process may be killed in here, and what was kept before must stay. */
static void keep_name(const char *path) {
  char folder[PATH_MAX + 512], entry[PATH_MAX + 320], fresh[PATH_MAX + 64], text[32], before[32] = "";
  struct stat found;
  if (lstat(path, &found) || lost_anyway(path)) return;
  snprintf(folder, sizeof folder, "%s", path);
  char *cut = strrchr(folder, '/');
  *cut = 0;
  int number = number_of(path, 0), parent = number_of(folder, 0);
  int length = snprintf(text, sizeof text, "%c%d", S_ISDIR(found.st_mode) ? 'd' : 'f', number);
  snprintf(entry, sizeof entry, "%s/names/%d", shadow, parent);
  REAL(mkdir)(entry, 0700);
  snprintf(entry, sizeof entry, "%s/names/%d/%s", shadow, parent, cut + 1);
  int fd = REAL(open)(entry, O_RDONLY);
  if (fd >= 0) {
    ssize_t held = REAL(read)(fd, before, sizeof before - 1);
    REAL(close)(fd);
    if (held == length && !strncmp(before, text, length)) return;
  }
  snprintf(fresh, sizeof fresh, "%s/name", shadow);
  fd = REAL(open)(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || REAL(write)(fd, text, length) != length) abort();
  REAL(close)(fd);
  if (REAL(rename)(fresh, entry)) abort();
}

static void keep_folder(const char *path) {
  char names[PATH_MAX + 64], entry[PATH_MAX + 512];
  struct dirent *each;
  DIR *folder = opendir(path);
  if (!folder) return;
  while ((each = readdir(folder)))
    if (strcmp(each->d_name, ".") && strcmp(each->d_name, "..")) {
      snprintf(entry, sizeof entry, "%s/%s", path, each->d_name);
      keep_name(entry);
    }
  closedir(folder);
  snprintf(names, sizeof names, "%s/names/%d", shadow, number_of(path, 0));
  if (!(folder = opendir(names))) return;
  while ((each = readdir(folder))) {
    snprintf(entry, sizeof entry, "%s/%s", path, each->d_name);
    if (!strcmp(each->d_name, ".") || !strcmp(each->d_name, "..") || !faccessat(AT_FDCWD, entry, F_OK, AT_SYMLINK_NOFOLLOW)) continue;
    snprintf(entry, sizeof entry, "%s/%s", names, each->d_name);
    REAL(unlink)(entry);
  }
  closedir(folder);
}

static int open_bytes(int number) {
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/bytes/%d", shadow, number);
  return REAL(open)(path, O_RDWR | O_CREAT, 0600);
}

/* P1: the whole file, because what was kept of it before is the same. */
static void keep_bytes(int fd, int number) {
  static char buffer[1 << 16];
  int to = open_bytes(number);
  off_t at = 0;
  ssize_t length;
  if (to < 0) abort();
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int from = REAL(open)(link, O_RDONLY);
  while (from >= 0 && (length = REAL(pread)(from, buffer, sizeof buffer, at)) > 0) {
    if (REAL(pwrite)(to, buffer, length, at) != length) abort();
    at += length;
  }
  if (REAL(ftruncate)(to, at)) abort();
  if (from >= 0) REAL(close)(from);
  REAL(close)(to);
}

static void keep(int fd) {
  char path[PATH_MAX];
  struct stat found;
  if (!*shadow || !place_of(fd, path) || fstat(fd, &found)) return;
  if (S_ISDIR(found.st_mode)) keep_folder(path);
  else if (!lost_anyway(path)) keep_bytes(fd, number_of(path, 0));
}

/* Sectors that reach the disk although nobody asked for it. */
static void leak_bytes(int fd, const char *bytes, ssize_t length, off_t at) {
  char path[PATH_MAX];
  if (!*shadow || !leak || length <= 0 || !place_of(fd, path) || lost_anyway(path)) return;
  int to = open_bytes(number_of(path, 0));
  for (ssize_t done = 0; done < length;) {
    ssize_t part = SECTOR - (at + done) % SECTOR;
    if (part > length - done) part = length - done;
    if (chance() && REAL(pwrite)(to, bytes + done, part, at + done) != part) abort();
    done += part;
  }
  REAL(close)(to);
}

static void leak_name(const char *path) {
  char folder[PATH_MAX];
  if (!*shadow || !leak || !chance()) return;
  snprintf(folder, sizeof folder, "%s", path);
  *strrchr(folder, '/') = 0;
  keep_folder(folder);
}

/* ---- the calls ---- */

#define GUARD(work) \
  do { \
    pthread_mutex_lock(&lock); \
    int before = errno; \
    work; \
    errno = before; \
    pthread_mutex_unlock(&lock); \
  } while (0)

static int refused_fd(int fd, enum kind kind) {
  char path[PATH_MAX];
  int no = 0;
  if (!*root || fd < 0 || fd >= FDS || !number_of_fd[fd]) return 0;
  pthread_mutex_lock(&lock);
  if (place_of(fd, path)) no = fails(kind);
  pthread_mutex_unlock(&lock);
  return no;
}

static int refused_path(const char *path, char *place, enum kind kind) {
  int no = 0;
  *place = 0;
  if (!*root) return 0;
  pthread_mutex_lock(&lock);
  if (!place_at(AT_FDCWD, path, place)) *place = 0;
  else no = fails(kind);
  pthread_mutex_unlock(&lock);
  return no;
}

static int opened(int fd, int made) {
  char path[PATH_MAX];
  if (fd < 0 || fd >= FDS) return fd;
  GUARD({
    number_of_fd[fd] = 0;
    if (*root && place_of(fd, path)) {
      number_of_fd[fd] = 1;
      if (*shadow && made) {
        number_of(path, 1);
        leak_name(path);
      }
    }
  });
  return fd;
}

static int opening(int at, const char *path, int flags, mode_t mode, int *made) {
  char place[PATH_MAX];
  *made = 0;
  if (orders && !strcmp(path, orders)) GUARD(take_orders());
  if (!*root || !(flags & O_CREAT)) return 0;
  pthread_mutex_lock(&lock);
  int no = 0;
  if (place_at(at, path, place) && faccessat(AT_FDCWD, place, F_OK, AT_SYMLINK_NOFOLLOW)) {
    *made = 1;
    no = fails(ROOM);
  }
  pthread_mutex_unlock(&lock);
  (void)mode;
  return no;
}

#define OPEN(name, at, declared, passed) \
  int name declared { \
    mode_t mode = 0; \
    int made; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
      va_list more; \
      va_start(more, flags); \
      mode = va_arg(more, mode_t); \
      va_end(more); \
    } \
    if (opening(at, path, flags, mode, &made)) return -1; \
    return opened(REAL(name) passed, made); \
  }
OPEN(open, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, folder, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))
OPEN(openat64, folder, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))

int close(int fd) {
  if (fd >= 0 && fd < FDS) number_of_fd[fd] = 0;
  return REAL(close)(fd);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  if (refused_fd(fd, ROOM)) return -1;
  off_t at = leak && *shadow && fd >= 0 && fd < FDS && number_of_fd[fd] ? lseek(fd, 0, SEEK_CUR) : 0;
  ssize_t done = REAL(write)(fd, bytes, length);
  if (fd >= 0 && fd < FDS && number_of_fd[fd]) GUARD(leak_bytes(fd, bytes, done, at));
  return done;
}

#define PWRITE(name, offset) \
  ssize_t name(int fd, const void *bytes, size_t length, offset at) { \
    if (refused_fd(fd, ROOM)) return -1; \
    ssize_t done = REAL(name)(fd, bytes, length, at); \
    GUARD(leak_bytes(fd, bytes, done, at)); \
    return done; \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int count) { return refused_fd(fd, ROOM) ? -1 : REAL(writev)(fd, parts, count); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
  return refused_fd(fd, ROOM) ? -1 : REAL(pwritev)(fd, parts, count, at);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
  return refused_fd(fd, ROOM) ? -1 : REAL(pwritev64)(fd, parts, count, at);
}

ssize_t read(int fd, void *bytes, size_t length) { return refused_fd(fd, READ) ? -1 : REAL(read)(fd, bytes, length); }
ssize_t pread(int fd, void *bytes, size_t length, off_t at) {
  return refused_fd(fd, READ) ? -1 : REAL(pread)(fd, bytes, length, at);
}
ssize_t pread64(int fd, void *bytes, size_t length, off64_t at) {
  return refused_fd(fd, READ) ? -1 : REAL(pread64)(fd, bytes, length, at);
}

int ftruncate(int fd, off_t length) { return refused_fd(fd, ROOM) ? -1 : REAL(ftruncate)(fd, length); }
int ftruncate64(int fd, off64_t length) { return refused_fd(fd, ROOM) ? -1 : REAL(ftruncate64)(fd, length); }
int fchmod(int fd, mode_t mode) { return refused_fd(fd, CHANGE) ? -1 : REAL(fchmod)(fd, mode); }

#define SYNC(name) \
  int name(int fd) { \
    if (refused_fd(fd, CHANGE)) return -1; \
    int done = REAL(name)(fd); \
    if (!done && fd >= 0 && fd < FDS && number_of_fd[fd]) GUARD(keep(fd)); \
    return done; \
  }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
  char old[PATH_MAX], place[PATH_MAX];
  if (!*root || !place_at(AT_FDCWD, from, old)) return REAL(rename)(from, to);
  if (refused_path(to, place, ROOM)) return -1;
  int done = REAL(rename)(from, to);
  if (!done && *place) GUARD(leak_name(place));
  return done;
}

#define REMOVE(name) \
  int name(const char *path) { \
    char place[PATH_MAX]; \
    if (refused_path(path, place, CHANGE)) return -1; \
    int done = REAL(name)(path); \
    if (!done && *place) GUARD(leak_name(place)); \
    return done; \
  }
REMOVE(unlink)
REMOVE(rmdir)

int mkdir(const char *path, mode_t mode) {
  char place[PATH_MAX];
  if (refused_path(path, place, ROOM)) return -1;
  int done = REAL(mkdir)(path, mode);
  if (!done && *place && *shadow) GUARD(number_of(place, 1); leak_name(place));
  return done;
}
