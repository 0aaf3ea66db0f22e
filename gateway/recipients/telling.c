/* telling.c - who is to be told, written down while it can still be known.
 *
 * What a recipient knows a person by is sealed under a key of its own, so that
 * the person's keys and rows may go before the last recipient has heard of it.
 *
 * Source: Art. 19 GDPR; compliance 7.4 step 8. */
#include "tellings.h"

#include "postern/jsonmem.h"
#include "worker/inbound.h"

const char *const telling_states[] = {
    [TELLING_PENDING] = "pending",     [TELLING_SENT] = "sent",
    [TELLING_CONFIRMED] = "confirmed", [TELLING_IMPOSSIBLE] = "impossible",
    [TELLING_FAILED] = "failed",
};
const char *const telling_events[] = {
    [TELLING_ERASED] = "erased",
    [TELLING_RESTRICTED] = "restricted",
    [TELLING_RECTIFIED] = "rectified",
    [TELLING_ERASED_PARTLY] = "erased_partly",
};

static const char known_sql[] =
    "SELECT id FROM telling WHERE coalesce(erasure,0)=? AND"
    " coalesce(request,0)=? AND person=? AND kind=? AND recipient=? AND"
    " event=? AND (erasure IS NOT NULL OR request IS NOT NULL)";
static const char insert_sql[] =
    "INSERT INTO telling(id,erasure,request,person,kind,recipient,event,state,"
    "reason,outside_id,telling_sealed,year,next_ms,made_ms,ended_ms)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

#define STATES (sizeof(telling_states) / sizeof(telling_states[0]))
#define EVENTS (sizeof(telling_events) / sizeof(telling_events[0]))

bool telling_state_named(const char *name, enum telling_state *ret)
{
	for (size_t i = 0; i < STATES; i++)
		if (strcmp(telling_states[i], name) == 0) {
			*ret = (enum telling_state)i;
			return true;
		}
	return false;
}

bool telling_event_named(const char *name, enum telling_event *ret)
{
	for (size_t i = 0; i < EVENTS; i++)
		if (strcmp(telling_events[i], name) == 0) {
			*ret = (enum telling_event)i;
			return true;
		}
	return false;
}

void telling_key(int64_t id, uint16_t year, struct key_ref *ret)
{
	*ret = (struct key_ref){.person = id, .year = year};
	(void)name_set(&ret->datenart, TELLING_DATENART,
		       sizeof(TELLING_DATENART) - 1);
}

/* --- what is sealed ------------------------------------------------------- */

/* One row to be. */
struct made {
	int64_t id;
	const char *impossible;
	size_t slot;
	bool sealed;
};

struct plan {
	struct worker *w;
	const struct telling_order *order;
	struct told told;
	struct made made[TOLD_MAX]; /* of each of told; id 0: known already */
	struct keeper_batch *batch;
	bool any; /* something to seal */
	uint16_t year;
};

static json_t *person_names(const struct plan *p)
{
	struct id_text id;

	id_format(&p->w->mask, ID_PERSON, p->order->person, &id);
	return json_string(id.text);
}

/* What a processor would be asked to look for; nothing: it cannot be told. */
static int add_identities(struct plan *p, size_t i, json_t *clear,
			  struct err *err)
{
	const struct told_one *one = &p->told.all[i];
	json_t *list = NULL;

	if (one->processor == NULL)
		return 0;
	if (told_identities(p->w, p->order->person, one->processor, &list,
			    err) != 0)
		return -1;
	if (json_array_size(list) == 0)
		p->made[i].impossible = "no_identity";
	if (json_object_set_new(clear, "identities", list) != 0)
		return ERR_SET(err, ERR_NOMEM, "identities", 0);
	return 0;
}

static int add_clear(struct plan *p, size_t i, struct err *err)
{
	const struct told_one *one = &p->told.all[i];
	struct buf text = BUF_INIT(TELLING_CLEAR_MAX);
	json_t *clear = json_object();
	struct made *m = &p->made[i];
	struct key_ref key;
	int rc = -1;

	if (clear == NULL ||
	    json_object_set_new(clear, "person", person_names(p)) != 0 ||
	    (one->conversations != NULL &&
	     json_object_set(clear, "conversations", one->conversations) !=
		 0)) {
		(void)ERR_SET(err, ERR_NOMEM, "what is told", 0);
		goto out;
	}
	if (add_identities(p, i, clear, err) != 0)
		goto out;
	rc = 0;
	if (m->impossible != NULL)
		goto out;
	rc = jsonmem_print(clear, JSON_COMPACT, &text, err);
	if (rc != 0)
		goto out;
	telling_key(m->id, p->year, &key);
	m->slot = keeper_add_seal(p->batch, &key, m->id, FIELD_TELLING,
				  text.bytes, text.len);
	m->sealed = true;
	p->any = true;
out:
	buf_free(&text);
	json_decref(clear);
	return rc;
}

/* --- the rows ------------------------------------------------------------- */

static struct store_value or_null(int64_t id)
{
	return id != 0 ? S_INT(id) : S_NULL;
}

static int is_known(const struct plan *p, const struct told_one *one, bool *ret,
		    struct err *err)
{
	const struct telling_order *o = p->order;
	int64_t id;

	return store_one_int(p->w->store, known_sql,
			     STORE_ARGS(S_INT(o->erasure), S_INT(o->request),
					S_INT(o->person), S_TEXT(one->kind),
					S_TEXT(one->recipient),
					S_TEXT(telling_events[o->event])),
			     &id, ret, err);
}

/* Why this recipient cannot be told of this, or need not be once more. */
static const char *unfit(const struct telling_order *o,
			 const struct told_one *one)
{
	if (one->impossible != NULL || o->event == TELLING_ERASED)
		return one->impossible;
	/* OpenDSR knows none of them; to erase everything, where some is still
	 * needed, would be asked for too much. */
	if (one->processor != NULL)
		return "no_such_call";
	/* The restriction itself tells it, by the outbox; so does each message
	 * that is erased. */
	return o->event == TELLING_RESTRICTED ||
		       o->event == TELLING_ERASED_PARTLY
		   ? "told_at_once"
		   : NULL;
}

static int make_rows(struct plan *p, struct err *err)
{
	bool known = false;

	for (size_t i = 0; i < p->told.len; i++) {
		struct made *m = &p->made[i];

		if (is_known(p, &p->told.all[i], &known, err) != 0)
			return -1;
		if (known)
			continue;
		m->id = worker_id(p->w);
		m->impossible = unfit(p->order, &p->told.all[i]);
		if (m->impossible == NULL && add_clear(p, i, err) != 0)
			return -1;
	}
	if (!p->any)
		return 0;
	return keeper_run(p->batch, err) == 0 ? 0 : keeper_failed(err);
}

/* OpenDSR takes one id, a UUID of version 4; another attempt has the same. */
static void new_uuid(struct worker *w, char ret[TELLING_UUID_BYTES])
{
	uint8_t b[16];

	w->env->random(w->env, b, sizeof(b));
	b[6] = (uint8_t)(0x40 | (b[6] & 0x0f));
	b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
	(void)snprintf(ret, TELLING_UUID_BYTES,
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x"
		       "%02x%02x%02x%02x",
		       b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8],
		       b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static enum telling_state state_of(const struct made *m)
{
	if (m->impossible == NULL)
		return TELLING_PENDING;
	return strcmp(m->impossible, "told_at_once") == 0 ? TELLING_CONFIRMED
							  : TELLING_IMPOSSIBLE;
}

static int write_row(struct plan *p, size_t i, struct err *err)
{
	const struct told_one *one = &p->told.all[i];
	const struct telling_order *o = p->order;
	const struct made *m = &p->made[i];
	int64_t now_ms = worker_now(p->w), next_ms = now_ms;
	char uuid[TELLING_UUID_BYTES] = "";
	const uint8_t *sealed = NULL;
	size_t len = 0;

	if (m->sealed &&
	    keeper_result(p->batch, m->slot, &sealed, &len, err) != 0)
		return keeper_failed(err);
	if (m->sealed && one->processor != NULL)
		new_uuid(p->w, uuid);
	if (m->sealed && o->erasure != 0)
		next_ms = TELLING_RESTS;
	return store_run(
	    p->w->store, insert_sql,
	    STORE_ARGS(S_INT(m->id), or_null(o->erasure), or_null(o->request),
		       S_INT(o->person), S_TEXT(one->kind),
		       S_TEXT(one->recipient), S_TEXT(telling_events[o->event]),
		       S_TEXT(telling_states[state_of(m)]),
		       S_TEXT(m->impossible),
		       uuid[0] != '\0' ? S_TEXT(uuid) : S_NULL,
		       m->sealed ? S_BLOB(sealed, len) : S_NULL,
		       S_INT(m->sealed ? p->year : 0), S_INT(next_ms),
		       S_INT(now_ms), m->sealed ? S_NULL : S_INT(now_ms)),
	    err);
}

static int write_rows(struct plan *p, struct err *err)
{
	for (size_t i = 0; i < p->told.len; i++)
		if (p->made[i].id != 0 && write_row(p, i, err) != 0)
			return -1;
	return 0;
}

int telling_plan(struct worker *w, const struct telling_order *order,
		 struct err *err)
{
	struct plan *p = calloc(1, sizeof(*p));
	int rc = -1;

	if (p == NULL)
		return ERR_SET(err, ERR_NOMEM, "recipients", 0);
	p->w = w;
	p->order = order;
	p->year = env_year(worker_now(w));
	telling_look(w);
	if (told_find(w, order->person, &p->told, err) == 0 &&
	    keeper_batch_new(w->keeper, &p->batch, err) == 0 &&
	    make_rows(p, err) == 0)
		rc = write_rows(p, err);
	keeper_batch_free(&p->batch);
	told_free(&p->told);
	free(p);
	return rc;
}
