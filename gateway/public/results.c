/* results.c - the copy that a request for access ended in, for machines. */
#include "opendsr.h"

#include "../package/package.h"

int public_results(struct worker *w, const struct rights_request *r,
		   char ret[RESULTS_URL_BYTES], int64_t *ret_expires_ms,
		   struct err *err)
{
	char link[PACKAGE_LINK_BYTES];
	struct package_view p;
	bool found = false;

	ret[0] = '\0';
	if (w->settings->portal.url[0] == '\0' ||
	    (r->type != RIGHTS_ACCESS && r->type != RIGHTS_PORTABILITY) ||
	    r->state != RIGHTS_COMPLETED)
		return 0;
	if (package_of_request(w, r->id, &p, &found, err) != 0)
		return -1;
	if (!found || p.state != PACKAGE_READY)
		return 0;
	if (package_link(w, p.id, link, err) != 0)
		return -1;
	(void)snprintf(ret, RESULTS_URL_BYTES, "%s%s", w->settings->portal.url,
		       link);
	*ret_expires_ms = p.expires_ms;
	return 0;
}
