/* thirds.c - see thirds.h. */
#include "thirds.h"

#include <sodium.h>

#include "postern/blindindex.h"
#include "postern/jsonmem.h"
#include "store/family.h"
#include "worker/identity.h"

#define OWN_MAX	     64
#define KIND_BYTES   24
#define SPELLING_MAX (ADDRESS_LEN_MAX + 2)
#define TEXT_MAX     (31u * 1024 * 1024)

static const char addresses_sql[] =
    PERSON_FAMILY "SELECT id,key_person,year,kind,address_sealed FROM address"
		  " WHERE person IN (SELECT id FROM family)"
		  " ORDER BY id DESC LIMIT 64";

static const struct policy_finder finders[] = {
    {.find = FIND_IBAN, .name = "iban"},
    {.find = FIND_EMAIL, .name = "email"},
    {.find = FIND_PHONE, .name = "phone"},
};
#define FINDERS (sizeof(finders) / sizeof(finders[0]))

struct thirds {
	struct worker *w;
	struct own {
		char kind[KIND_BYTES], spelling[SPELLING_MAX];
		size_t slot;
	} own[OWN_MAX];
	size_t own_len;
	struct buf text;
};

/* --- the person's own ----------------------------------------------------- */

static void add_row(struct thirds *t, struct store_rows *rows,
		    struct keeper_batch *batch)
{
	struct store *st = t->w->store;
	struct own *own = &t->own[t->own_len];
	struct store_value sealed = store_column(st, rows, 4);
	struct key_ref key = {.person = store_column(st, rows, 1).num,
			      .year = (uint16_t)store_column(st, rows, 2).num};

	if (sealed.len == 0 || !store_word(store_column(st, rows, 3), own->kind,
					   sizeof(own->kind)))
		return;
	(void)name_set(&key.datenart, IDENTITY_DATENART,
		       strlen(IDENTITY_DATENART)); /* a constant */
	own->slot = keeper_add_open(batch, &key, store_column(st, rows, 0).num,
				    FIELD_ADDRESS, sealed.bytes, sealed.len);
	t->own_len++;
}

/* An address whose key is gone cannot be told from somebody else's. */
static void spell_all(struct thirds *t, const struct keeper_batch *batch)
{
	const uint8_t *text;
	struct err ignored;
	size_t len, spelled;

	for (size_t i = 0; i < t->own_len; i++) {
		struct own *own = &t->own[i];

		if (keeper_result(batch, own->slot, &text, &len, &ignored) !=
			0 ||
		    blind_index_normalise(
			own->kind, t->w->settings->controller.country,
			(const char *)text, len, own->spelling, &spelled,
			&ignored) != 0)
			own->spelling[0] = '\0';
	}
}

static int read_own(struct thirds *t, int64_t person,
		    struct keeper_batch *batch, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	if (store_start(t->w->store, addresses_sql, STORE_ARGS(S_INT(person)),
			&rows, err) != 0)
		return -1;
	while (t->own_len < OWN_MAX &&
	       (rc = store_step(t->w->store, rows, err)) > 0)
		add_row(t, rows, batch);
	store_finish(t->w->store, &rows);
	return rc < 0 ? -1 : 0;
}

int thirds_open(struct worker *w, int64_t person, struct thirds **ret,
		struct err *err)
{
	struct keeper_batch *batch = NULL;
	struct thirds *t = calloc(1, sizeof(*t));
	int rc = -1;

	if (t == NULL)
		return ERR_SET(err, ERR_NOMEM, "addresses of a person", 0);
	t->w = w;
	t->text = BUF_INIT(TEXT_MAX);
	if (keeper_batch_new(w->keeper, &batch, err) == 0 &&
	    read_own(t, person, batch, err) == 0 &&
	    keeper_run(batch, err) == 0) {
		spell_all(t, batch);
		*ret = t;
		rc = 0;
	}
	keeper_batch_free(&batch);
	if (rc != 0)
		thirds_close(&t);
	return rc;
}

void thirds_close(struct thirds **t)
{
	if (*t == NULL)
		return;
	buf_free(&(*t)->text);
	sodium_memzero(*t, sizeof(**t));
	free(*t);
	*t = NULL;
}

/* --- masking -------------------------------------------------------------- */

static bool is_own(const struct thirds *t, enum policy_find find,
		   const char *text, size_t len)
{
	const char *kind = find == FIND_PHONE ? "phone" : "email";
	char spelling[SPELLING_MAX];
	struct err ignored;
	bool is = false;
	size_t n;

	if ((find != FIND_PHONE && find != FIND_EMAIL) ||
	    blind_index_normalise(kind, t->w->settings->controller.country,
				  text, len, spelling, &n, &ignored) != 0)
		return false;
	for (size_t i = 0; i < t->own_len && !is; i++)
		is = strcmp(t->own[i].kind, kind) == 0 &&
		     t->own[i].spelling[0] != '\0' &&
		     strcmp(t->own[i].spelling, spelling) == 0;
	sodium_memzero(spelling, sizeof(spelling));
	return is;
}

int thirds_mask(struct thirds *t, const char *text, size_t len, struct buf *ret,
		unsigned int *ret_found, struct err *err)
{
	char label[REDACT_LABEL_BYTES];
	struct redact_match m;
	size_t done = 0;

	while (redact_next(finders, FINDERS, text, len, done, &m)) {
		const struct policy_finder *f = &finders[m.finder];

		if (buf_append(ret, text + done, m.start - done, err) != 0)
			return -1;
		done = m.end;
		if (is_own(t, f->find, text + m.start, m.end - m.start)) {
			if (buf_append(ret, text + m.start, m.end - m.start,
				       err) != 0)
				return -1;
			continue;
		}
		*ret_found |= 1u << f->find;
		redact_label(f, label);
		if (buf_append_text(ret, label, err) != 0)
			return -1;
	}
	return buf_append(ret, text + done, len - done, err);
}

static json_t *mask_string(struct thirds *t, json_t *value,
			   unsigned int *ret_found)
{
	unsigned int found = 0;
	json_t *masked = NULL;

	buf_clear(&t->text);
	if (thirds_mask(t, json_string_value(value), json_string_length(value),
			&t->text, &found, NULL) == 0)
		masked = found == 0 ? json_incref(value)
				    : json_stringn((const char *)t->text.bytes,
						   t->text.len);
	*ret_found |= found;
	json_decref(value);
	return masked;
}

static json_t *mask_list(struct thirds *t, json_t *value,
			 unsigned int *ret_found)
{
	size_t i;
	json_t *one;

	json_array_foreach(value, i, one)
	{
		one = thirds_json(t, json_incref(one), ret_found);
		if (one == NULL || json_array_set_new(value, i, one) != 0) {
			json_decref(value);
			return NULL;
		}
	}
	return value;
}

json_t *thirds_json(struct thirds *t, json_t *value, unsigned int *ret_found)
{
	const char *key;
	json_t *one;

	if (json_is_string(value))
		return mask_string(t, value, ret_found);
	if (json_is_array(value))
		return mask_list(t, value, ret_found);
	json_object_foreach(value, key, one)
	{
		one = thirds_json(t, json_incref(one), ret_found);
		if (one == NULL || json_object_set_new(value, key, one) != 0) {
			json_decref(value);
			return NULL;
		}
	}
	return value;
}

json_t *thirds_names(unsigned int found)
{
	json_t *list = json_array();

	for (size_t i = 0; i < FINDERS; i++)
		if (found & 1u << finders[i].find)
			(void)json_array_append_new(
			    list, json_string(finders[i].name));
	return list;
}
