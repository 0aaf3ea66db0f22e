/* tile.c - names and contents of tiles (c2sp.org/tlog-tiles). */
#include "postern/tile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define PREFIX		"tile/"
#define PREFIX_ENTRIES	"entries"
#define GROUP_DIGITS	3
#define GROUP		1000
#define GROUPS_MAX	7 /* 1000^7 > 2^64 */
#define NUMBER_BYTES	(GROUPS_MAX * (1 + GROUP_DIGITS + 1) + 1)
#define BUNDLE_LEN_SIZE 2

static void print_number(uint64_t number, char ret[NUMBER_BYTES])
{
	unsigned int groups[GROUPS_MAX];
	size_t len = 0, at = 0;

	do {
		groups[len++] = (unsigned int)(number % GROUP);
		number /= GROUP;
	} while (number > 0);
	while (len-- > 0)
		at +=
		    (size_t)snprintf(ret + at, NUMBER_BYTES - at,
				     len > 0 ? "x%03u/" : "%03u", groups[len]);
}

void tile_path(const struct tile *t, char ret[TILE_PATH_BYTES])
{
	char level[8] = PREFIX_ENTRIES, part[8] = "", number[NUMBER_BYTES];

	assert(t->level >= TILE_ENTRIES && t->level <= TILE_LEVEL_MAX);
	assert(t->width >= 1 && t->width <= TILE_WIDTH);
	if (t->level != TILE_ENTRIES)
		(void)snprintf(level, sizeof(level), "%u",
			       (unsigned int)t->level & 15);
	if (t->width < TILE_WIDTH)
		(void)snprintf(part, sizeof(part), ".p/%u", t->width & 255);
	print_number(t->number, number);
	(void)snprintf(ret, TILE_PATH_BYTES, PREFIX "%s/%s%s", level, number,
		       part);
}

/* --- reading a name ------------------------------------------------------- */

struct name {
	const char *at;
	size_t left;
};

static bool take(struct name *n, const char *word)
{
	size_t len = strlen(word);

	if (n->left < len || memcmp(n->at, word, len) != 0)
		return false;
	n->at += len;
	n->left -= len;
	return true;
}

static bool take_digit(struct name *n, unsigned int *ret)
{
	if (n->left == 0 || *n->at < '0' || *n->at > '9')
		return false;
	*ret = (unsigned int)(*n->at - '0');
	n->at++;
	n->left--;
	return true;
}

static bool take_group(struct name *n, uint64_t *number)
{
	uint64_t next = *number;
	unsigned int digit;

	for (int i = 0; i < GROUP_DIGITS; i++) {
		if (!take_digit(n, &digit) || next > UINT64_MAX / 10 ||
		    next * 10 > UINT64_MAX - digit)
			return false;
		next = next * 10 + digit;
	}
	*number = next;
	return true;
}

static bool take_number(struct name *n, uint64_t *ret)
{
	uint64_t number = 0;
	bool more;

	do {
		more = take(n, "x");
		if (!take_group(n, &number) || (more && !take(n, "/")))
			return false;
	} while (more);
	*ret = number;
	return true;
}

static bool take_level(struct name *n, int *ret)
{
	unsigned int level;

	if (take(n, PREFIX_ENTRIES)) {
		*ret = TILE_ENTRIES;
		return true;
	}
	if (!take_digit(n, &level) || level > TILE_LEVEL_MAX)
		return false;
	*ret = (int)level;
	return true;
}

static bool take_width(struct name *n, unsigned int *ret)
{
	unsigned int width = 0, digit;

	if (n->left == 0) {
		*ret = TILE_WIDTH;
		return true;
	}
	if (!take(n, ".p/"))
		return false;
	while (n->left > 0) {
		if (!take_digit(n, &digit) || width > TILE_WIDTH)
			return false;
		width = width * 10 + digit;
	}
	*ret = width;
	return width >= 1 && width < TILE_WIDTH;
}

bool tile_parse(const char *path, size_t len, struct tile *ret)
{
	struct name n = {.at = path, .left = len};
	char again[TILE_PATH_BYTES];
	struct tile t;

	if (len >= TILE_PATH_BYTES || !take(&n, PREFIX) ||
	    !take_level(&n, &t.level) || !take(&n, "/") ||
	    !take_number(&n, &t.number) || !take_width(&n, &t.width))
		return false;
	/* One name per tile: zeros in front make another one. */
	tile_path(&t, again);
	if (strlen(again) != len || memcmp(again, path, len) != 0)
		return false;
	*ret = t;
	return true;
}

/* --- which there are ------------------------------------------------------ */

static uint64_t hashes_of(int level, uint64_t size)
{
	assert(level >= TILE_ENTRIES && level <= TILE_LEVEL_MAX);
	return level <= 0 ? size : size >> (TILE_HEIGHT * level);
}

unsigned int tile_partial_width(int level, uint64_t size)
{
	return (unsigned int)(hashes_of(level, size) % TILE_WIDTH);
}

bool tile_in_tree(const struct tile *t, uint64_t size)
{
	uint64_t hashes = hashes_of(t->level, size);

	return t->number <= hashes / TILE_WIDTH &&
	       t->width <= hashes - t->number * TILE_WIDTH;
}

void tile_root(const struct merkle_hash *hashes, size_t width,
	       struct merkle_hash *ret)
{
	struct merkle_edge edge = {.size = 0};

	assert(width >= 1 && width <= TILE_WIDTH);
	for (size_t i = 0; i < width; i++)
		merkle_edge_add(&edge, &hashes[i]);
	merkle_edge_root(&edge, ret);
}

/* --- bundles -------------------------------------------------------------- */

int tile_bundle_add(struct buf *bundle, const void *entry, size_t len,
		    struct err *err)
{
	if (len > TILE_ENTRY_MAX)
		return ERR_SET(err, ERR_INPUT, "an entry is too long", 0);
	/* Both or nothing. */
	if (buf_reserve(bundle, BUNDLE_LEN_SIZE + len, err) != 0 ||
	    buf_append_u16(bundle, (uint16_t)len, err) != 0)
		return -1;
	return buf_append(bundle, entry, len, err);
}

int tile_bundle_next(const uint8_t *bundle, size_t len, size_t *at,
		     const uint8_t **ret_entry, size_t *ret_len,
		     struct err *err)
{
	struct cut in;
	const uint8_t *entry;
	size_t entry_len;

	assert(*at <= len);
	if (*at == len)
		return 0;
	in = CUT(bundle + *at, len - *at);
	entry_len = cut_u16(&in);
	entry = cut_bytes(&in, entry_len);
	if (in.failed)
		return ERR_SET(err, ERR_CORRUPT, "a bundle ends in an entry",
			       0);
	*at = len - in.left;
	*ret_entry = entry;
	*ret_len = entry_len;
	return 1;
}
