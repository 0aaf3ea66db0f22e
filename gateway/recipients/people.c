/* people.c - who has data of a person: asked of the archive and the settings.
 */
#include "tellings.h"

#include "store/family.h"
#include "worker/inbound.h"

static const char helpdesks_sql[] =
    PERSON_FAMILY "SELECT helpdesk,id FROM conversation WHERE person IN"
		  " (SELECT id FROM family) AND helpdesk IS NOT NULL ORDER BY"
		  " helpdesk,id DESC";
static const char channels_sql[] =
    PERSON_FAMILY "SELECT DISTINCT channel FROM conversation WHERE person IN"
		  " (SELECT id FROM family) ORDER BY channel";
static const char disclosed_sql[] =
    PERSON_FAMILY "SELECT DISTINCT recipient FROM disclosure WHERE person IN"
		  " (SELECT id FROM family) ORDER BY recipient";
static const char addresses_sql[] =
    PERSON_FAMILY "SELECT id,key_person,year,kind,address_sealed FROM address"
		  " WHERE person IN (SELECT id FROM family) ORDER BY id";

/* By its name in the settings, else as people call it. */
const struct settings_processor *processor_named(const struct settings *s,
						 const char *name)
{
	for (size_t i = 0; i < s->processors_len; i++)
		if (strcmp(s->processors[i].name.text, name) == 0)
			return &s->processors[i];
	for (size_t i = 0; i < s->processors_len; i++)
		if (strcasecmp(s->processors[i].title, name) == 0)
			return &s->processors[i];
	return NULL;
}

/* NULL: too many, which ends in err. */
static struct told_one *add(struct told *t, const char *kind, const char *name,
			    struct err *err)
{
	struct told_one *one;

	if (t->len == TOLD_MAX) {
		(void)ERR_SET(err, ERR_INPUT, "too many recipients", 0);
		return NULL;
	}
	one = &t->all[t->len++];
	*one = (struct told_one){.kind = kind};
	(void)snprintf(one->recipient, sizeof(one->recipient), "%s", name);
	return one;
}

void told_free(struct told *t)
{
	for (size_t i = 0; i < t->len; i++)
		json_decref(t->all[i].conversations);
	t->len = 0;
}

/* --- helpdesks ------------------------------------------------------------ */

static int add_conversation(struct worker *w, struct told *t, const char *name,
			    int64_t conversation, struct err *err)
{
	struct told_one *one = t->len > 0 ? &t->all[t->len - 1] : NULL;
	struct id_text id;

	if (one == NULL || strcmp(one->recipient, name) != 0) {
		one = add(t, "helpdesk", name, err);
		if (one == NULL)
			return -1;
		one->conversations = json_array();
		if (worker_helpdesk_index(w, name) < 0)
			one->impossible = "not_configured";
	}
	if (json_array_size(one->conversations) >= TELLING_CONVERSATIONS)
		return 0; /* it knows the person's id as well */
	id_format(&w->mask, ID_CONVERSATION, conversation, &id);
	if (json_array_append_new(one->conversations, json_string(id.text)) !=
	    0)
		return ERR_SET(err, ERR_NOMEM, "conversations", 0);
	return 0;
}

static int find_helpdesks(struct worker *w, int64_t person, struct told *t,
			  struct err *err)
{
	struct store_rows *rows = NULL;
	char name[256];
	int rc;

	if (store_start(w->store, helpdesks_sql, STORE_ARGS(S_INT(person)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		if (!store_word(store_column(w->store, rows, 0), name,
				sizeof(name))) {
			rc = ERR_SET(err, ERR_CORRUPT, "name of a helpdesk", 0);
			break;
		}
		if (add_conversation(w, t, name,
				     store_column(w->store, rows, 1).num,
				     err) != 0) {
			rc = -1;
			break;
		}
	}
	store_finish(w->store, &rows);
	return rc;
}

/* --- processors ----------------------------------------------------------- */

static int add_processor(struct told *t, const struct settings_processor *p,
			 struct err *err)
{
	struct told_one *one;

	for (size_t i = 0; i < t->len; i++)
		if (t->all[i].processor == p)
			return 0;
	one = add(t, "processor", p->name.text, err);
	if (one == NULL)
		return -1;
	one->processor = p;
	return 0;
}

/* Named in the archive by whoever disclosed: a processor of the settings, or
 * somebody no interface reaches. */
static int add_disclosed(struct worker *w, struct told *t, const char *name,
			 struct err *err)
{
	const struct settings_processor *p = processor_named(w->settings, name);
	struct told_one *one;

	if (p != NULL)
		return add_processor(t, p, err);
	one = add(t, "recipient", name, err);
	if (one == NULL)
		return -1;
	one->impossible = "by_hand";
	return 0;
}

static int find_processors(struct worker *w, int64_t person, struct told *t,
			   struct err *err)
{
	struct store_rows *rows = NULL;
	char name[256];
	int rc;

	for (size_t i = 0; i < w->settings->processors_len; i++)
		if (w->settings->processors[i].every &&
		    add_processor(t, &w->settings->processors[i], err) != 0)
			return -1;
	if (store_start(w->store, disclosed_sql, STORE_ARGS(S_INT(person)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0)
		if (!store_word(store_column(w->store, rows, 0), name,
				sizeof(name)) ||
		    add_disclosed(w, t, name, err) != 0) {
			rc = err->kind != ERR_NONE
				 ? -1
				 : ERR_SET(err, ERR_CORRUPT,
					   "name of a recipient", 0);
			break;
		}
	store_finish(w->store, &rows);
	return rc;
}

/* --- providers ------------------------------------------------------------ */

/* What they still have of media is deleted by the step media; of messages they
 * let nobody delete anything.  Source: channels.md, per provider. */
static int find_providers(struct worker *w, int64_t person, struct told *t,
			  struct err *err)
{
	struct store_rows *rows = NULL;
	struct told_one *one;
	char name[256];
	int rc;

	if (store_start(w->store, channels_sql, STORE_ARGS(S_INT(person)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		if (!store_word(store_column(w->store, rows, 0), name,
				sizeof(name)))
			rc = ERR_SET(err, ERR_CORRUPT, "name of a channel", 0);
		one = rc > 0 ? add(t, "provider", name, err) : NULL;
		if (one == NULL) {
			rc = -1;
			break;
		}
		one->impossible = "provider_no_call";
	}
	store_finish(w->store, &rows);
	return rc;
}

int told_find(struct worker *w, int64_t person, struct told *ret,
	      struct err *err)
{
	return find_helpdesks(w, person, ret, err) != 0 ||
		       find_processors(w, person, ret, err) != 0 ||
		       find_providers(w, person, ret, err) != 0
		   ? -1
		   : 0;
}

/* --- what a processor knows a person by ----------------------------------- */

#define ADDRESSES_MAX 64
struct known {
	char kinds[ADDRESSES_MAX][NAME_LEN_MAX + 1];
	size_t slots[ADDRESSES_MAX], len;
};

static bool wanted(const struct settings_processor *p, const char *kind)
{
	for (size_t i = 0; i < p->kinds_len; i++)
		if (strcmp(p->kinds[i].text, kind) == 0)
			return true;
	return false;
}

static int ask_addresses(struct worker *w, int64_t person,
			 const struct settings_processor *p, struct known *k,
			 struct keeper_batch *batch, struct err *err)
{
	struct key_ref key = {.datenart = {.text = "CONTACT"}};
	struct store_rows *rows = NULL;
	struct store_value sealed;
	int rc;

	if (store_start(w->store, addresses_sql, STORE_ARGS(S_INT(person)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0 &&
	       k->len < ADDRESSES_MAX) {
		sealed = store_column(w->store, rows, 4);
		if (!store_word(store_column(w->store, rows, 3),
				k->kinds[k->len], sizeof(k->kinds[0])) ||
		    sealed.type != STORE_BLOB || sealed.len == 0 ||
		    !wanted(p, k->kinds[k->len]))
			continue;
		key.person = store_column(w->store, rows, 1).num;
		key.year = (uint16_t)store_column(w->store, rows, 2).num;
		k->slots[k->len++] = keeper_add_open(
		    batch, &key, store_column(w->store, rows, 0).num,
		    FIELD_ADDRESS, sealed.bytes, sealed.len);
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* Providers spell numbers in full but for the plus. */
static json_t *identity(const char *kind, const uint8_t *text, size_t len)
{
	bool bare = strcmp(kind, "phone") == 0 && len > 0 && text[0] >= '0' &&
		    text[0] <= '9';

	return json_pack("{s:s,s:s+#}", "kind", kind, "value", bare ? "+" : "",
			 (const char *)text, (int)len);
}

static int list_addresses(const struct known *k,
			  const struct keeper_batch *batch, json_t *list,
			  struct err *err)
{
	const uint8_t *text = NULL;
	struct err why = {0};
	size_t len = 0;

	for (size_t i = 0; i < k->len; i++) {
		if (keeper_result(batch, k->slots[i], &text, &len, &why) != 0) {
			if (why.kind == ERR_ABSENT)
				continue; /* its key is gone: nobody knows */
			*err = why;
			return keeper_failed(err);
		}
		if (json_array_append_new(
			list, identity(k->kinds[i], text, len)) != 0)
			return ERR_SET(err, ERR_NOMEM, "addresses", 0);
	}
	return 0;
}

int told_identities(struct worker *w, int64_t person,
		    const struct settings_processor *p, json_t **ret,
		    struct err *err)
{
	struct keeper_batch *batch = NULL;
	json_t *list = json_array();
	struct known k = {0};
	int rc = -1;

	if (list == NULL)
		return ERR_SET(err, ERR_NOMEM, "addresses", 0);
	if (keeper_batch_new(w->keeper, &batch, err) == 0 &&
	    ask_addresses(w, person, p, &k, batch, err) == 0 &&
	    (k.len == 0 || keeper_run(batch, err) == 0 ||
	     keeper_failed(err) == 0))
		rc = list_addresses(&k, batch, list, err);
	keeper_batch_free(&batch);
	if (rc == 0)
		*ret = list;
	else
		json_decref(list);
	return rc;
}
