/* family.h - it lies beside the tables it reads. */
#include "store/family.h"
