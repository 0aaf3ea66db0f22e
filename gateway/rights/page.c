/* page.c - addresses in full, as people get them. */
#include "machine.h"

#include <sodium.h>

static const char link_sql[] = "UPDATE request SET link_hash=? WHERE id=?";

static const char *base_of(const struct worker *w)
{
	return w->settings->portal.enabled ? w->settings->portal.url : "";
}

void page_url(const struct worker *w, const char *path, char ret[PAGE_BYTES])
{
	const char *base = base_of(w);

	ret[0] = '\0';
	if (base[0] != '\0' && path[0] != '\0')
		(void)snprintf(ret, PAGE_BYTES, "%s%s", base, path);
}

static int new_secret(struct worker *w, const struct request *r, json_t *what,
		      struct err *err)
{
	char secret[RIGHTS_SECRET_BYTES];
	uint8_t hash[32];
	int rc;

	rights_secret(w, secret);
	(void)json_object_set_new(what, "page", json_string(secret));
	rc = rights_hash(w, "link", 0, secret, hash, err);
	sodium_memzero(secret, sizeof(secret));
	if (rc == 0)
		rc = store_run(
		    w->store, link_sql,
		    STORE_ARGS(S_BLOB(hash, sizeof(hash)), S_INT(r->is.id)),
		    err);
	return rc == 0 ? request_seal(w, r, FIELD_REQUEST, what, err) : -1;
}

/* Who asked somewhere else has one already.  Every letter names the same, so
 * that a bookmark lasts: it lies sealed with the request. */
int page_link(struct worker *w, const struct request *r, char ret[PAGE_BYTES],
	      struct err *err)
{
	json_t *what = NULL;
	char path[64];
	int rc = 0;

	ret[0] = '\0';
	if (base_of(w)[0] == '\0' || r->is.via != RIGHTS_CHAT)
		return 0;
	if (request_open_sealed(w, r, FIELD_REQUEST, &what, err) != 0)
		return -1;
	if (what == NULL)
		what = json_object();
	if (json_object_get(what, "page") == NULL)
		rc = new_secret(w, r, what, err);
	if (rc == 0) {
		(void)snprintf(
		    path, sizeof(path), "/privacy/status/%s",
		    json_string_value(json_object_get(what, "page")));
		page_url(w, path, ret);
	}
	sodium_memzero(path, sizeof(path));
	json_decref(what);
	return rc;
}
