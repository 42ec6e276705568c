import { type FeedbackType, feedbackTypes } from '../../ses/feedback.ts';
import type { ResourceKind } from '../resource-kind.ts';
import { stableId } from '../stable-id.ts';

/** An event of SES that never happens on one machine: nothing is late. */
const neverHappening = ['deliveryDelay'];

/** The resource types of SES. */
export const sesKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::SES::EmailIdentity': {
    properties: ['EmailIdentity'],
    ignored: [
      'ConfigurationSetAttributes',
      'DkimAttributes',
      'DkimSigningAttributes',
      'FeedbackAttributes',
      'MailFromAttributes',
    ],
    make({ properties, targets }) {
      const name = properties.text('EmailIdentity');
      targets.addMailIdentity(name);
      const dkim = [1, 2, 3].flatMap((number) => [
        [`DkimDNSTokenName${number}`, `local${number}._domainkey.${name}`],
        [`DkimDNSTokenValue${number}`, `local${number}.dkim.amazonses.com`],
      ]);
      return { reference: name, attributes: Object.fromEntries(dkim) };
    },
  },

  'AWS::SES::ConfigurationSet': {
    properties: ['Name'],
    ignored: [
      'DeliveryOptions',
      'ReputationOptions',
      'SendingOptions',
      'SuppressionOptions',
      'TrackingOptions',
      'VdmOptions',
    ],
    make({ properties, targets, generatedName }) {
      const name = properties.optionalText('Name') ?? generatedName.slice(0, 64);
      targets.addConfigurationSet(name);
      return { reference: name };
    },
  },

  'AWS::SES::ConfigurationSetEventDestination': {
    properties: ['ConfigurationSetName', 'EventDestination'],
    make({ properties, generatedName, plan }) {
      const destination = properties
        .object('EventDestination')
        .only('Name', 'Enabled', 'MatchingEventTypes', 'SnsDestination');
      const id = stableId(generatedName, 36);
      const name = destination.optionalText('Name') ?? generatedName.slice(0, 64);
      const types = destination.texts('MatchingEventTypes');
      const unknown = types.find((type) => !isFeedbackType(type) && !neverHappening.includes(type));
      if (unknown !== undefined) {
        throw new Error(
          `${destination.where}, MatchingEventTypes: the local cloud tells of ${feedbackTypes.join(', ')} only, not of "${unknown}".`,
        );
      }
      if (destination.optionalFlag('Enabled') !== false) {
        plan.feedback.set(id, {
          name,
          configurationSet: properties.text('ConfigurationSetName'),
          topicArn: destination.object('SnsDestination').only('TopicARN').text('TopicARN'),
          types: types.filter(isFeedbackType),
          where: properties.where,
        });
      }
      return { reference: id, attributes: { Id: id } };
    },
  },
};

function isFeedbackType(type: string): type is FeedbackType {
  return feedbackTypes.some((known) => known === type);
}
