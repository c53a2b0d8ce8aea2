import { type Readable } from 'node:stream';
import { Controller, Get, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type Page, parsePage } from '../common/page.js';
import { jsonStream } from '../http/json-stream.js';
import { Operation } from '../http/operation.js';
import { pageLinks, setLink } from '../http/page-links.js';
import { Address, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { MetadataView } from '../metadata/metadata-view.js';
import { type StoredMetadata } from '../storage/registry/metadata-store.js';
import { parseSearch, type SearchFilters } from './parse-search.js';
import { GET_SERVICE, SEARCH_METADATA } from './search.docs.js';
import { type FoundMetadataObject, type ServiceObject } from './search.dto.js';
import { SearchService } from './search.service.js';

/** Searches metadata, in pages. */
@Controller()
export class SearchController {
  constructor(
    private readonly search: SearchService,
    private readonly view: MetadataView,
  ) {}

  /** The URL of the archive. */
  @Get()
  @Rules({ access: 'read' })
  @Operation(GET_SERVICE)
  root(@Address() { origin, path }: RequestAddress): ServiceObject {
    return { archive: `${origin}${path.replace(/\/?$/, '/')}archive/` };
  }

  /**
   * The first element has the total count and the neighbouring pages, for clients that don't read headers. Small pages
   * are sent in one piece, with an `ETag`; large ones are streamed.
   */
  @Get('archive')
  @Rules({ access: 'read', tagged: true })
  @Operation(SEARCH_METADATA)
  async find(
    @FromQuery(parseSearch) filters: SearchFilters | undefined,
    @FromQuery(parsePage) page: Page,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FoundMetadataObject[] | Readable> {
    const { rows, total, slices } = await this.search.search(filters, page);
    const links = pageLinks(address, page, page.offset + page.limit < total);
    setLink(reply, links);
    const paging = {
      'metadata-count-total': total,
      'metadata-previous-page': links.previous,
      'metadata-next-page': links.next,
    };
    const shape = (row: StoredMetadata, index: number): FoundMetadataObject =>
      Object.assign(this.view.metadata(row, address.origin), index === 0 ? paging : {});
    return slices ? jsonStream(slices, (row, index) => JSON.stringify(shape(row, index))) : rows.map(shape);
  }
}
