/* admit.c - is the request from the provider, and its sealed record. */
#include "intake/inside.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "postern/sealed.h"

/* One name looked for among the values of a request. */
struct look {
	const char *name, *value;
	size_t name_len, value_len;
	unsigned int count;
	bool any_case;
};

static enum MHD_Result look_at(void *ctx, enum MHD_ValueKind kind,
			       const char *name, size_t name_len,
			       const char *value, size_t value_len)
{
	struct look *l = ctx;

	(void)kind;
	if (name_len != l->name_len)
		return MHD_YES;
	if (l->any_case ? strncasecmp(name, l->name, name_len) != 0
			: memcmp(name, l->name, name_len) != 0)
		return MHD_YES;
	if (l->count++ == 0) {
		l->value = value != NULL ? value : "";
		l->value_len = value != NULL ? value_len : 0;
	}
	return MHD_YES;
}

static const char *look_up(struct visitor *v, enum MHD_ValueKind kind,
			   const char *name, size_t *ret_len,
			   unsigned int *ret_count)
{
	struct look l = {
	    .name = name,
	    .name_len = strlen(name),
	    .any_case = kind == MHD_HEADER_KIND,
	};

	(void)MHD_get_connection_values_n(v->connection, kind, look_at, &l);
	*ret_len = l.value_len;
	*ret_count = l.count;
	return l.value;
}

static const char *header_of(void *ctx, const char *name, size_t *ret_len,
			     unsigned int *ret_count)
{
	return look_up(ctx, MHD_HEADER_KIND, name, ret_len, ret_count);
}

const char *admit_header(struct visitor *v, const char *name, size_t *ret_len,
			 unsigned int *ret_count)
{
	const char *value = header_of(v, name, ret_len, ret_count);

	return value != NULL ? value : "";
}

static const char *query_of(void *ctx, const char *name, size_t *ret_len,
			    unsigned int *ret_count)
{
	return look_up(ctx, MHD_GET_ARGUMENT_KIND, name, ret_len, ret_count);
}

enum channel_admission admit_request(struct visitor *v, bool get,
				     struct buf *ret_answer)
{
	const struct channel *ch = v->door->channel;
	const struct channel_request rq = {
	    .get = get,
	    .header = header_of,
	    .query = query_of,
	    .ctx = v,
	    .body = v->body.bytes != NULL ? v->body.bytes : (const uint8_t *)"",
	    .body_len = v->body.len,
	};

	return ch->driver->admit(ch, &rq, ret_answer);
}

/* An entry with room for len record bytes. */
static int entry_reserve(struct visitor *v, size_t len, struct err *err)
{
	struct entry *e = v->entry;

	if (e == NULL) {
		e = calloc(1, sizeof(*e));
		if (e == NULL)
			return ERR_SET(err, ERR_NOMEM, "no spool entry", 0);
		v->entry = e;
	}
	if (e->size < len) {
		free(e->record); /* sealed bytes only */
		e->size = 0;
		e->record = malloc(len);
		if (e->record == NULL)
			return ERR_SET(err, ERR_NOMEM, "no spool record", 0);
		e->size = len;
	}
	e->len = len;
	return 0;
}

int admit_seal(struct intake *in, struct visitor *v, struct err *err)
{
	struct spool_record record = {
	    .kind = SPOOL_BODY,
	    .verdict = oneclick_is(in, v) ? SPOOL_ONE_CLICK : SPOOL_VERIFIED,
	    .received_ms = in->env->wall_ms(in->env),
	    .channel =
		oneclick_is(in, v) ? v->click.channel : v->door->channel->name,
	    .payload_len = sealed_len(v->body.len),
	};
	uint8_t aad[SPOOL_AAD_BYTES];
	size_t aad_len;

	if (entry_reserve(v, SPOOL_HEADER_BYTES + record.payload_len, err) != 0)
		return -1;
	v->entry->epoch = epoch_take(in);
	if (v->entry->epoch == NULL)
		return ERR_SET(err, ERR_NOMEM, "no spool key", 0);
	aad_len = spool_aad(&record.channel, record.received_ms, aad);
	sealed_seal(v->entry->epoch->key, aad, aad_len, v->body.bytes,
		    v->body.len, v->entry->record + SPOOL_HEADER_BYTES);
	record.payload = v->entry->record + SPOOL_HEADER_BYTES;
	v->entry->head = record;
	return 0;
}
