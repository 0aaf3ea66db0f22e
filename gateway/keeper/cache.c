/* cache.c - set-associative, so that one look-up compares eight entries. */
#include "keeper/cache.h"

#include <sodium.h>

static bool same(const struct key_ref *a, const struct key_ref *b)
{
	return a->person == b->person && a->year == b->year &&
	       strcmp(a->datenart.text, b->datenart.text) == 0;
}

static struct cache_slot *set_of(struct cache *c, const struct key_ref *ref)
{
	uint8_t bytes[8 + 2 + NAME_LEN_MAX] = {0};
	uint8_t hash[crypto_shorthash_BYTES];
	size_t name_len = strlen(ref->datenart.text);
	uint64_t v;

	memcpy(bytes, &ref->person, 8);
	memcpy(bytes + 8, &ref->year, 2);
	memcpy(bytes + 10, ref->datenart.text, name_len);
	(void)crypto_shorthash(hash, bytes, 10 + name_len, c->seed);
	memcpy(&v, hash, sizeof(v));
	return c->slots[v % CACHE_SETS];
}

const uint8_t *cache_find(struct cache *c, const struct key_ref *ref)
{
	struct cache_slot *set = set_of(c, ref);

	for (size_t i = 0; i < CACHE_WAYS; i++) {
		if (set[i].used == 0 || !same(&set[i].ref, ref))
			continue;
		set[i].used = ++c->tick;
		return set[i].key;
	}
	return NULL;
}

const uint8_t *cache_put(struct cache *c, const struct key_ref *ref,
			 const uint8_t key[WRAP_KEY_BYTES])
{
	struct cache_slot *set = set_of(c, ref);
	struct cache_slot *slot = &set[0];

	for (size_t i = 0; i < CACHE_WAYS; i++) {
		if (set[i].used < slot->used)
			slot = &set[i];
		if (set[i].used != 0 && same(&set[i].ref, ref)) {
			slot = &set[i];
			break;
		}
	}
	slot->ref = *ref;
	memcpy(slot->key, key, WRAP_KEY_BYTES);
	slot->used = ++c->tick;
	return slot->key;
}

void cache_drop(struct cache *c, int64_t person, const struct name *datenart)
{
	for (size_t s = 0; s < CACHE_SETS; s++) {
		for (size_t i = 0; i < CACHE_WAYS; i++) {
			struct cache_slot *slot = &c->slots[s][i];

			if (slot->used == 0 || slot->ref.person != person)
				continue;
			if (datenart == NULL ||
			    name_equal(&slot->ref.datenart, datenart))
				sodium_memzero(slot, sizeof(*slot));
		}
	}
}

void cache_wipe(struct cache *c)
{
	sodium_memzero(c->slots, sizeof(c->slots));
	c->tick = 0;
}
