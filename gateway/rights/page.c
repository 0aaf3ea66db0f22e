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

/* Who asked somewhere else has one already. */
int page_link(struct worker *w, const struct request *r, char ret[PAGE_BYTES],
	      struct err *err)
{
	char secret[RIGHTS_SECRET_BYTES], path[64];
	uint8_t hash[32];
	int rc;

	ret[0] = '\0';
	if (base_of(w)[0] == '\0' || r->is.via != RIGHTS_CHAT)
		return 0;
	rights_secret(w, secret);
	rc = rights_hash(w, "link", 0, secret, hash, err);
	if (rc == 0)
		rc = store_run(w->store, link_sql,
			       STORE_ARGS(S_BLOB(hash, 32), S_INT(r->is.id)),
			       err);
	(void)snprintf(path, sizeof(path), "/privacy/status/%s", secret);
	if (rc == 0)
		page_url(w, path, ret);
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(path, sizeof(path));
	return rc;
}
