/* ledgerverify.c - is this log what was signed? */
#include "ledgerverify.h"

#include <stdlib.h>
#include <string.h>

#define PROGRESS_ENTRIES 65536

enum verify_signature verify_signed(const struct note_key *keys,
				    size_t keys_len, const char *note,
				    size_t len, struct checkpoint *ret)
{
	enum verify_signature verdict = VERIFY_UNKNOWN;
	struct note parsed;

	if (note_parse(note, len, &parsed, NULL) != 0 ||
	    checkpoint_parse(parsed.text, parsed.text_len, ret, NULL) != 0)
		return VERIFY_BAD;
	for (size_t i = 0; i < keys_len; i++) {
		enum note_verdict said = note_check(&parsed, &keys[i], NULL);

		if (said == NOTE_BAD)
			return VERIFY_BAD;
		/* A witness or another log does not speak for this one. */
		if (said == NOTE_GOOD && keys[i].type == NOTE_ED25519 &&
		    strcmp(keys[i].name, ret->origin) == 0)
			verdict = VERIFY_GOOD;
	}
	return verdict;
}

/* --- what is found -------------------------------------------------------- */

static struct ledger_finding finding_of(const struct verifier *v,
					enum ledger_fault fault, uint64_t index)
{
	/* What was pruned can only be wrong in its tiles. */
	if (index < v->first &&
	    (fault == LEDGER_BAD_ENTRY || fault == LEDGER_MISSING_ENTRY))
		fault = LEDGER_BAD_TILE;
	return (struct ledger_finding){
	    .fault = fault, .index = index, .size = v->head.size};
}

static void conclude(struct verifier *v, struct ledger_finding finding)
{
	if (v->found)
		return;
	v->found = true;
	v->finding = finding;
	if (v->suspected && v->suspect.index < finding.index)
		v->finding = v->suspect;
}

void verify_conclude(struct verifier *v, enum ledger_fault fault,
		     uint64_t index)
{
	conclude(v, finding_of(v, fault, index));
}

static void suspect(struct verifier *v, enum ledger_fault fault, uint64_t index)
{
	if (v->suspected)
		return;
	v->suspected = true;
	v->suspect = finding_of(v, fault, index);
}

/* --- hashes above the entries --------------------------------------------- */

void verify_root_at(struct verifier *v, uint64_t size, struct merkle_hash *ret)
{
	struct merkle_hash hash;
	bool some = false;

	/* What is not perfect yet stands for the last hash of the level above:
	 * RFC 6962 splits there as it would above whole subtrees. */
	for (int level = 0; level <= TILE_LEVEL_MAX; level++) {
		struct layer *l = &v->layers[level];
		unsigned int len = l->len;

		if (level == 0)
			len = (unsigned int)(size - (v->done - l->len));
		if (some)
			l->own[len++] = hash;
		if (len == 0)
			continue;
		tile_root(l->own, len, &hash);
		some = true;
	}
	if (some)
		*ret = hash;
	else
		merkle_empty(ret);
}

/* A hash of a level above the entries, whose leaves begin at first. */
static void hold(struct verifier *v, int level, uint64_t first)
{
	struct layer *l = &v->layers[level];
	unsigned int at = l->len - 1;
	bool same = at < l->width && merkle_equal(&l->own[at], &l->stored[at]);
	bool inside = v->suspected && v->suspect.index >= first;

	if (!l->trusted && !same)
		suspect(v, LEDGER_BAD_ENTRY, first);
	if (!l->trusted)
		return;
	if (same && inside) {
		v->suspect.fault = LEDGER_BAD_TILE;
		conclude(v, v->suspect);
	} else if (!same) {
		/* What an older checkpoint covers is right. */
		if (first < v->older_good)
			first = v->older_good;
		conclude(v, inside ? v->suspect
				   : finding_of(v, LEDGER_BAD_ENTRY, first));
	}
}

/* A full tile of level 0 is a hash above, and so on. */
static void carry(struct verifier *v)
{
	struct merkle_hash hash;
	uint64_t leaves = 1;

	for (int level = 0; level < TILE_LEVEL_MAX; level++) {
		struct layer *l = &v->layers[level], *above = l + 1;

		if (l->len < TILE_WIDTH || v->found)
			return;
		tile_root(l->own, TILE_WIDTH, &hash);
		l->len = 0;
		leaves *= TILE_WIDTH;
		above->own[above->len++] = hash;
		hold(v, level + 1, v->done - leaves);
	}
}

/* --- entries -------------------------------------------------------------- */

static void understand(struct ahead *a, const uint8_t *entry, size_t len)
{
	struct ledger_told told;

	merkle_leaf(entry, len, &a->leaf);
	a->canonical = ledger_entry_parse(entry, len, &told, NULL) == 0;
	a->stays = 0;
	a->rotated = a->canonical && told.event == LEDGER_LOG_KEY_ROTATED;
	if (a->canonical && told.event == LEDGER_LOG_PRUNED && told.counted)
		a->stays = told.count;
}

int verify_look(struct verifier *v, struct err *err)
{
	struct ahead *a = &v->ahead;
	struct err why = {0};
	const uint8_t *entry;
	size_t len;
	int rc;

	if (a->looked)
		return 0;
	rc = v->source->next(v->source->ctx, &a->index, &entry, &len, &why);
	if (rc < 0 && why.kind != ERR_CORRUPT) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	a->looked = true;
	a->damaged = rc < 0;
	a->there = rc != 0;
	if (rc > 0)
		understand(a, entry, len);
	return 0;
}

static bool comes(const struct verifier *v, uint64_t index)
{
	return v->ahead.there && !v->ahead.damaged && v->ahead.index == index;
}

static void take(struct verifier *v)
{
	struct layer *l = &v->layers[0];
	struct ahead *a = &v->ahead;

	l->own[l->len++] = a->leaf;
	if (a->stays > v->stays)
		v->stays = a->stays;
	v->rotated = v->rotated || a->rotated;
	a->looked = false;
}

/* Something else than the entry of this index comes. */
static void miss(struct verifier *v, uint64_t index)
{
	const struct ahead *a = &v->ahead;

	if (!a->there)
		verify_conclude(v, LEDGER_SHORT, index);
	else if (a->damaged || a->index < index)
		verify_conclude(v, LEDGER_BAD_ENTRY, index);
	else
		verify_conclude(v, LEDGER_MISSING_ENTRY, index);
}

/* A leaf that is not the stored one. */
static int differs(struct verifier *v, unsigned int at, struct err *err)
{
	struct layer *l = &v->layers[0];
	uint64_t index = v->done + at;
	enum ledger_fault fault;
	bool moved;

	if (v->suspected && !l->trusted)
		return 0;
	if (verify_moved(v, at, &moved, err) != 0)
		return -1;
	fault = moved ? LEDGER_MISSING_ENTRY : LEDGER_BAD_ENTRY;
	if (l->trusted)
		verify_conclude(v, fault, index);
	else
		suspect(v, fault, index);
	return 0;
}

static int compare(struct verifier *v, struct err *err)
{
	struct layer *l = &v->layers[0];

	for (unsigned int i = 0; i < l->len && !v->found; i++)
		if ((i >= l->width ||
		     !merkle_equal(&l->own[i], &l->stored[i])) &&
		    differs(v, i, err) != 0)
			return -1;
	return 0;
}

/* Who reads a log in use may meet a gap that was none when it began. */
static int begins_later(struct verifier *v, uint64_t index, struct err *err)
{
	uint64_t first = v->first;

	if (v->source->begins == NULL || !v->ahead.there || v->ahead.damaged ||
	    v->ahead.index <= index)
		return 0;
	if (v->source->begins(v->source->ctx, &first, err) != 0)
		return -1;
	if (first > index && first % TILE_WIDTH == 0)
		v->first = first;
	return 0;
}

/* Looks for the entry of this index: *ret_missed, or it comes. */
static int expect(struct verifier *v, uint64_t index, bool *ret_missed,
		  struct err *err)
{
	if (verify_look(v, err) != 0)
		return -1;
	*ret_missed = !comes(v, index);
	if (!*ret_missed)
		return 0;
	if (begins_later(v, index, err) != 0)
		return -1;
	*ret_missed = index >= v->first;
	return 0;
}

/* The leaves of one tile, from the entries; of what was pruned, from the tile.
 * What is wrong with the row of an entry is told after what the entries before
 * it show. */
static int gather(struct verifier *v, unsigned int want, struct err *err)
{
	struct layer *l = &v->layers[0];
	bool canonical = true, missed = false;

	while (l->len < want && canonical && !missed) {
		uint64_t index = v->done + l->len;

		if (index >= v->first && expect(v, index, &missed, err) != 0)
			return -1;
		/* Nothing else is left of what was pruned; a size that is only
		 * claimed ends here, too. */
		if (index < v->first && l->len >= l->width) {
			verify_conclude(v, LEDGER_BAD_TILE, index);
			return 0;
		}
		if (index < v->first) {
			l->own[l->len] = l->stored[l->len];
			l->len++;
		} else if (!missed) {
			canonical = v->ahead.canonical != v->source->foreign;
			take(v);
		}
	}
	if (compare(v, err) != 0)
		return -1;
	if (!canonical)
		verify_conclude(v, LEDGER_BAD_ENTRY,
				v->source->foreign ? v->source->first
						   : v->done + l->len - 1);
	if (missed)
		miss(v, v->done + l->len);
	return 0;
}

static int bundle(struct verifier *v, struct err *err)
{
	uint64_t left = v->head.size - v->done;
	unsigned int want = left < TILE_WIDTH ? (unsigned int)left : TILE_WIDTH;

	v->layers[0].len = 0;
	if (verify_load(v, err) != 0 || gather(v, want, err) != 0)
		return -1;
	if (v->found)
		return 0;
	v->done += want;
	if (verify_older(v, v->done, err) != 0)
		return -1;
	carry(v);
	return 0;
}

/* --- the whole ------------------------------------------------------------ */

/* Also of what lies before first. */
static void missing(struct verifier *v, uint64_t index)
{
	conclude(v, (struct ledger_finding){.fault = LEDGER_MISSING_ENTRY,
					    .index = index,
					    .size = v->head.size});
}

/* What is not there has to be said to have gone.  Whoever reads a log in use
 * may find that said only behind the checkpoint it began with. */
static int check_pruned(struct verifier *v, struct err *err)
{
	while (!v->found && v->first > v->stays) {
		if (verify_look(v, err) != 0)
			return -1;
		if (!v->ahead.there || v->ahead.damaged)
			break;
		if (v->ahead.stays > v->stays)
			v->stays = v->ahead.stays;
		v->ahead.looked = false;
	}
	if (v->first > v->stays)
		conclude(v,
			 (struct ledger_finding){.fault = LEDGER_MISSING_ENTRY,
						 .index = v->stays,
						 .size = v->head.size});
	return 0;
}

static int finish(struct verifier *v, struct err *err)
{
	struct merkle_hash root;

	verify_root_at(v, v->head.size, &root);
	if (merkle_equal(&root, &v->head.root)) {
		/* The entries are right, so what differs from them is not. */
		v->suspect.fault = LEDGER_BAD_TILE;
		if (v->older_bad)
			conclude(v, v->older_finding);
	} else if (!v->suspected) {
		verify_conclude(v, LEDGER_BAD_ROOT, v->older_good);
	}
	if (v->suspected)
		conclude(v, v->suspect);
	verify_older_keys(v);
	return check_pruned(v, err);
}

static int run(struct verifier *v, ledger_progress progress, void *ctx,
	       struct err *err)
{
	/* Only whole bundles are pruned; some of this one are missing, and
	 * maybe others before. */
	if (v->first % TILE_WIDTH != 0) {
		v->first -= v->first % TILE_WIDTH;
		if (check_pruned(v, err) != 0)
			return -1;
		missing(v, v->first);
		return 0;
	}
	if (verify_edge(v, err) != 0 || verify_older(v, 0, err) != 0)
		return -1;
	while (v->done < v->head.size && !v->found) {
		if (bundle(v, err) != 0)
			return -1;
		if (progress != NULL && !v->found &&
		    (v->done % PROGRESS_ENTRIES == 0 ||
		     v->done == v->head.size))
			progress(ctx, v->done, v->head.size);
	}
	return v->found ? 0 : finish(v, err);
}

int ledger_verify(const struct ledger_source *source, const char *note,
		  size_t note_len, const struct note_key *keys, size_t keys_len,
		  ledger_progress progress, void *progress_ctx,
		  struct ledger_finding *ret, struct err *err)
{
	struct verifier *v = calloc(1, sizeof(*v));
	int rc = 0;

	if (v == NULL)
		return ERR_SET(err, ERR_NOMEM, "checking a log", 0);
	v->source = source;
	v->first = source->first;
	v->keys = keys;
	v->keys_len = keys_len;
	if (verify_signed(keys, keys_len, note, note_len, &v->head) ==
	    VERIFY_GOOD)
		rc = run(v, progress, progress_ctx, err);
	else
		conclude(v, finding_of(v, LEDGER_BAD_SIGNATURE, 0));
	if (rc == 0)
		*ret = v->found ? v->finding : finding_of(v, LEDGER_SOUND, 0);
	free(v);
	return rc;
}
