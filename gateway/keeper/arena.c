/* arena.c - map, lock, wipe. */
#include "keeper/arena.h"

#include <errno.h>
#include <sodium.h>
#include <sys/mman.h>

int arena_open(struct arena **ret, struct err *err)
{
	struct arena *a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (a == MAP_FAILED)
		return ERR_SET(err, ERR_NOMEM, "no memory for keys", errno);
	if (sodium_mlock(a, sizeof(*a)) != 0 ||
	    madvise(a, sizeof(*a), MADV_DONTDUMP) != 0 ||
	    madvise(a, sizeof(*a), MADV_WIPEONFORK) != 0) {
		ERR_SET(err, ERR_NOMEM,
			"cannot lock memory for keys; raise LimitMEMLOCK",
			errno);
		(void)munmap(a, sizeof(*a)); /* nothing is in it yet */
		return -1;
	}
	randombytes_buf(a->keys.cache.seed, sizeof(a->keys.cache.seed));
	*ret = a;
	return 0;
}

void arena_wipe_keys(struct arena *a)
{
	sodium_memzero(&a->keys, sizeof(a->keys));
	randombytes_buf(a->keys.cache.seed, sizeof(a->keys.cache.seed));
}

void arena_close(struct arena **a)
{
	if (*a == NULL)
		return;
	(void)sodium_munlock(*a, sizeof(**a)); /* wipes first */
	(void)munmap(*a, sizeof(**a));	       /* an address we mapped */
	*a = NULL;
}
