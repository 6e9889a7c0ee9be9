/** Deliveries of photos that are deleted: from the first step of its deletion on, no attempt begins, and none becomes a dead letter. */
import { z } from 'zod';
import type { Delivery, DeliveryStore } from './ports.ts';

export interface DeletedPhotosPorts {
  /** Whether there is a photo with this id of the API that no deletion has begun with. */
  isThere: (photoId: string) => Promise<boolean>;
  deliveries: Pick<DeliveryStore, 'remove'>;
  log: (line: Record<string, unknown>) => void;
}

const bodySchema = z.object({ data: z.object({ photo: z.object({ id: z.string() }) }) });

/** @param body of a delivery. @returns undefined for one that names no photo of the API */
export function photoIdOf(body: string): string | undefined {
  try {
    return bodySchema.safeParse(JSON.parse(body)).data?.data.photo.id;
  } catch {
    return undefined;
  }
}

/** Removes the deliveries of deleted photos. @returns the others */
export async function withoutDeleted(
  some: readonly Delivery[],
  { isThere, deliveries, log }: DeletedPhotosPorts,
): Promise<Delivery[]> {
  const kept = await Promise.all(
    some.map(async (delivery) => {
      const id = photoIdOf(delivery.body);
      if (id === undefined || (await isThere(id))) return [delivery];
      await deliveries.remove(delivery);
      const { event, target, attempts } = delivery;
      log({ message: 'webhook-dropped', event, target, attempts });
      return [];
    }),
  );
  return kept.flat();
}
