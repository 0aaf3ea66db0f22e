/* deliver_kept.c - see deliver_kept.h. */
#include "deliver_kept.h"

#include <sodium.h>

static size_t place(const struct kept_ring *r, size_t i)
{
	return (r->first + i) % KEPT_ROWS_MAX;
}

/* --- one message ----------------------------------------------------------
 */

static const char *put(struct kept *k, size_t *used, const char *text,
		       size_t len)
{
	char *copy = k->texts + *used;

	if (text == NULL)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*used += len + 1;
	return copy;
}

static struct kept *copy(const char *helpdesk, const struct archived *what,
			 size_t size)
{
	struct kept *k = calloc(1, size);
	size_t used = 0;

	if (k == NULL)
		return NULL;
	k->size = size;
	k->what = *what;
	k->what.text = put(k, &used, what->text, what->text_len);
	k->what.emoji = put(k, &used, what->emoji,
			    what->emoji != NULL ? strlen(what->emoji) : 0);
	k->what.redacted = put(k, &used, what->redacted, what->redacted_len);
	k->kind = *what->kind;
	k->what.kind = &k->kind;
	k->channel = *what->channel;
	k->what.channel = &k->channel;
	(void)name_set(&k->helpdesk, helpdesk, strlen(helpdesk)); /* is one */
	return k;
}

void kept_free(struct kept **k)
{
	struct kept *gone = *k;

	*k = NULL;
	if (gone == NULL)
		return;
	sodium_memzero(gone, gone->size);
	free(gone);
}

/* --- the ring -------------------------------------------------------------
 */

/* One message that waits long would leave no room behind itself. */
static void compact(struct kept_ring *r)
{
	size_t len = 0;

	for (size_t i = 0; i < r->len; i++)
		if (r->at[place(r, i)].kept != NULL)
			r->at[place(r, len++)] = r->at[place(r, i)];
	r->len = len;
}

bool kept_add(struct kept_ring *r, const char *helpdesk,
	      const struct archived *what, int64_t boot_ms)
{
	size_t size = sizeof(struct kept) + what->text_len +
		      what->redacted_len + 3,
	       at;
	struct kept *k;

	if (what->emoji != NULL)
		size += strlen(what->emoji);
	if (r->live == KEPT_ROWS_MAX || size > KEPT_BYTES_MAX - r->bytes)
		return false;
	if (r->len == KEPT_ROWS_MAX)
		compact(r);
	if (r->len > 0 && r->at[place(r, r->len - 1)].row >= what->row)
		return false;
	k = copy(helpdesk, what, size);
	if (k == NULL)
		return false;
	k->since_ms = boot_ms;
	at = place(r, r->len++);
	r->at[at].row = what->row;
	r->at[at].kept = k;
	r->live++;
	r->bytes += size;
	return true;
}

static struct kept *take_at(struct kept_ring *r, size_t at)
{
	struct kept *k = r->at[at].kept;

	r->at[at].kept = NULL;
	if (k != NULL) {
		r->live--;
		r->bytes -= k->size;
	}
	return k;
}

/* Holes at the old end are room again. */
static void close_up(struct kept_ring *r)
{
	while (r->len > 0 && r->at[r->first].kept == NULL) {
		r->first = place(r, 1);
		r->len--;
	}
}

struct kept *kept_take(struct kept_ring *r, int64_t row)
{
	size_t low = 0, high = r->len, mid;
	struct kept *k;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (r->at[place(r, mid)].row < row)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == r->len || r->at[place(r, low)].row != row)
		return NULL;
	k = take_at(r, place(r, low));
	close_up(r);
	return k;
}

void kept_drop(struct kept_ring *r, int64_t message)
{
	struct kept *k;

	for (size_t i = 0; i < r->len; i++) {
		k = r->at[place(r, i)].kept;
		if (k == NULL || (message != 0 && k->what.message != message))
			continue;
		k = take_at(r, place(r, i));
		kept_free(&k);
	}
	close_up(r);
}

int64_t kept_due_ms(const struct kept_ring *r)
{
	/* The oldest place is never a hole. */
	return r->len > 0 ? r->at[r->first].kept->since_ms + KEPT_MS
			  : INT64_MAX;
}

void kept_expire(struct kept_ring *r, int64_t boot_ms)
{
	struct kept *k;

	while (kept_due_ms(r) <= boot_ms) {
		k = take_at(r, r->first);
		kept_free(&k);
		close_up(r);
	}
}
