import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.looseObject({ templateFile: z.string().optional(), file: z.string().optional() }).optional(),
      dependencies: z.array(z.string()).optional(),
    }),
  ),
});
const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).optional(),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  Condition: z.string().optional(),
});
const templateSchema = z.looseObject({
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown() })).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), resourceSchema).default({}),
  Outputs: z
    .record(
      z.string(),
      z.looseObject({
        Value: z.unknown(),
        Export: z.object({ Name: z.unknown() }).optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
});
const source = z.looseObject({
  path: z.string().optional(),
  directory: z.string().optional(),
  dockerFile: z.string().optional(),
});
const assetsSchema = z.looseObject({
  files: z
    .record(
      z.string(),
      z.looseObject({ source, destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })) }),
    )
    .default({}),
  dockerImages: z
    .record(
      z.string(),
      z.looseObject({ source, destinations: z.record(z.string(), z.looseObject({ imageTag: z.string() })) }),
    )
    .default({}),
});

export type Template = z.infer<typeof templateSchema>;
export type TemplateResource = z.infer<typeof resourceSchema>;

export interface StackTemplate {
  name: string;
  template: Template;
}

/** Directory of an image asset and the name of its Dockerfile within. */
export interface ImageAsset {
  directory: string;
  dockerfile: string;
}

/** What `cdk synth` wrote: stacks in the order of their dependencies, and where their assets lie. */
export interface Assembly {
  stacks: StackTemplate[];
  /** File assets (an absolute path each) by the object key under which a deployment would upload them. */
  files: Map<string, string>;
  /** Image assets by the tag under which a deployment would push them. */
  images: Map<string, ImageAsset>;
}

/** Reads cloud assemblies as one: the stacks of each after those of the one before. */
export function readAssemblies(directories: readonly string[]): Assembly {
  const all = directories.map(readAssembly);
  return {
    stacks: all.flatMap(({ stacks }) => stacks),
    files: new Map(all.flatMap(({ files }) => [...files])),
    images: new Map(all.flatMap(({ images }) => [...images])),
  };
}

/** Reads a cloud assembly directory (manifest.json, templates, asset manifests). Nested stages are not followed. */
function readAssembly(directory: string): Assembly {
  const read = <T>(schema: z.ZodType<T>, file: string): T =>
    schema.parse(JSON.parse(readFileSync(join(directory, file), 'utf8')));
  const { artifacts } = read(manifestSchema, 'manifest.json');
  const stacks: StackTemplate[] = [];
  const files = new Map<string, string>();
  const images = new Map<string, ImageAsset>();

  const seen = new Set<string>();
  const visit = (id: string): void => {
    const artifact = artifacts[id];
    if (!artifact || seen.has(id)) return;
    seen.add(id);
    artifact.dependencies?.forEach(visit);
    if (artifact.type === 'aws:cloudformation:stack') {
      stacks.push({
        name: id,
        template: read(templateSchema, artifact.properties?.templateFile ?? `${id}.template.json`),
      });
    }
    if (artifact.type === 'cdk:asset-manifest' && artifact.properties?.file) {
      const assets = read(assetsSchema, artifact.properties.file);
      for (const asset of Object.values(assets.files)) {
        for (const { objectKey } of Object.values(asset.destinations)) {
          if (asset.source.path) files.set(objectKey, resolve(directory, asset.source.path));
        }
      }
      for (const asset of Object.values(assets.dockerImages)) {
        for (const { imageTag } of Object.values(asset.destinations)) {
          if (!asset.source.directory) continue;
          const dockerfile = asset.source.dockerFile ?? 'Dockerfile';
          images.set(imageTag, { directory: resolve(directory, asset.source.directory), dockerfile });
        }
      }
    }
  };
  Object.keys(artifacts).forEach(visit);
  return { stacks, files, images };
}
