/** A bucket as a process of its own, which says where it is. */
import { startS3StandIn } from '../testing/s3-stand-in';

void startS3StandIn('bench').then(({ url }) => process.stdout.write(`${url}\n`));
