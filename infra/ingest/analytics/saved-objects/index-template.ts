import { templatesFor } from '../../indexers/index-templates.ts';

/** As the indexer's documents come by way of S3 as well: one mapping for both ways. */
const [template] = templatesFor({
  prefix: 'permafrost',
  indexers: [{ format: 'cloudwatch-logs-delivered', indexPattern: 'cwl-YYYY.MM.DD' }],
});

/** How `cwl-*` is mapped: name and body of `PUT _index_template/<name>`. */
export const { name: templateName, body: indexTemplate } = template!;
